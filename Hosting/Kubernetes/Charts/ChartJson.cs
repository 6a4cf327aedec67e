using System.Text.Encodings.Web;
using System.Text.Json;

namespace Aspire.Hosting.Kubernetes.Charts;

internal static class ChartJson
{
    public static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
