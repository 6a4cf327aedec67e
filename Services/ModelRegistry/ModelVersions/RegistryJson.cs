using System.Text.Json;
using System.Text.Json.Serialization;

namespace CloudNativeAi.ModelRegistry.ModelVersions;

internal static class RegistryJson
{
    /// <summary>A metric may be NaN or infinite, which JSON numbers cannot be: such a one is a string.</summary>
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static long UnixMicroseconds(this TimeProvider timeProvider) =>
        (timeProvider.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
}
