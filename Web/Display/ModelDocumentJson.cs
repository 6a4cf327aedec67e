using System.Text.Json;

namespace CloudNativeAi.Web.Display;

/// <summary>How the JSON files of a model version are written.</summary>
internal static class ModelDocumentJson
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        MaxDepth = 16,
    };
}
