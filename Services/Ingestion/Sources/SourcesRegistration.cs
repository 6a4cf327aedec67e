using System.Text.Json;
using System.Text.Json.Serialization;

namespace CloudNativeAi.Ingestion.Sources;

internal static class SourcesRegistration
{
    public static void AddSources(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<SourceCatalog>();
        builder.Services.AddSingleton<SourceStore>();
        builder.Services.ConfigureHttpJsonOptions(json =>
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)));
    }
}
