using System.Text.Json;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Ingestion;
using Google.Protobuf;

namespace CloudNativeAi.Flights.Replay;

/// <summary>Applies Definitions/sources.json and Definitions/features.yaml; applying them again changes nothing.</summary>
internal sealed class FlightDefinitions(FlightServices services, Retry retry)
{
    public const string FeatureService = "flight_delay";
    public const string Label = "late_arrival";
    public const string ModelName = "flight-delay";

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Definitions");

    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        foreach (var source in await ReadSourcesAsync(cancellationToken))
        {
            await retry.RunAsync(
                $"declaring the source {source.Name}",
                token => services.Sources.PutSourceAsync(new PutSourceRequest { Source = source }, cancellationToken: token).ResponseAsync,
                cancellationToken);
        }

        var request = new ApplyDefinitionsRequest
        {
            FileName = "features.yaml",
            Yaml = await File.ReadAllTextAsync(Path.Combine(Folder, "features.yaml"), cancellationToken),
        };
        await retry.RunAsync(
            "applying the feature definitions",
            token => services.Definitions.ApplyDefinitionsAsync(request, cancellationToken: token).ResponseAsync,
            cancellationToken);
    }

    private static async Task<IReadOnlyList<Source>> ReadSourcesAsync(CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(Path.Combine(Folder, "sources.json"));
        using var document = await JsonDocument.ParseAsync(file, cancellationToken: cancellationToken);
        return [.. document.RootElement.EnumerateArray().Select(source => JsonParser.Default.Parse<Source>(source.GetRawText()))];
    }
}
