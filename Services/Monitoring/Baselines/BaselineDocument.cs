using System.Text.Json;

namespace CloudNativeAi.Monitoring.Baselines;

/// <summary>Reads baseline.json and signature.json of a model version; their format is in Services/Modeling/README.md.</summary>
internal static class BaselineDocument
{
    private const int NewestFormatVersion = 1;
    private const int MaxColumns = 4_096;
    private const int MaxBins = 10_000;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        MaxDepth = 16,
    };

    /// <exception cref="JsonException">A document is not of its format, or the two contradict each other.</exception>
    public static (Baseline Baseline, Signature Signature) Parse(string baselineJson, string signatureJson)
    {
        var document = JsonSerializer.Deserialize<BaselineJson>(baselineJson, Options) ?? throw new JsonException("baseline.json is 'null'.");
        if (document.FormatVersion is < 1 or > NewestFormatVersion)
        {
            throw new JsonException($"baseline.json has format version {document.FormatVersion}; this build reads 1 to {NewestFormatVersion}.");
        }

        if (document.Features is null || document.Score is null || document.Features.Count > MaxColumns)
        {
            throw new JsonException($"baseline.json needs 'score' and 'features', at most {MaxColumns}.");
        }

        var signature = ParseSignature(signatureJson);
        var byName = new Dictionary<string, BaselineColumn>(StringComparer.Ordinal);
        foreach (var column in document.Features.Select(ReadColumn))
        {
            if (!byName.TryAdd(column.Name, column))
            {
                throw new JsonException($"baseline.json has the feature '{column.Name}' twice.");
            }
        }

        var features = signature.FeatureNames
            .Select(name => byName.GetValueOrDefault(name) ?? throw new JsonException($"baseline.json lacks the feature '{name}' of signature.json."))
            .ToList();

        return (new Baseline(features, ReadColumn(document.Score)), signature);
    }

    /// <exception cref="JsonException">The document is not a signature.</exception>
    public static Signature ParseSignature(string signatureJson)
    {
        var document = JsonSerializer.Deserialize<SignatureJson>(signatureJson, Options) ?? throw new JsonException("signature.json is 'null'.");
        var names = (document.Features ?? throw new JsonException("signature.json needs 'features'."))
            .Select(feature => feature.Name is { Length: > 0 } name ? name : throw new JsonException("signature.json has a feature without a name."))
            .ToArray();

        return new Signature(names, document.FeatureService ?? "", document.Label ?? "");
    }

    private static BaselineColumn ReadColumn(ColumnJson column)
    {
        var name = column.Name is { Length: > 0 } given ? given : throw new JsonException("baseline.json has a column without a name.");
        if (column.Counts is not { Length: <= MaxBins } counts || counts.Any(count => count < 0) || column.Missing < 0)
        {
            throw new JsonException($"baseline.json: '{name}' needs 'counts', at most {MaxBins} of them, not negative, and 'missing'.");
        }

        // Without a bin when the feature was missing in every training row.
        if (column.Kind == "categorical")
        {
            return new BaselineColumn(name, null, counts, column.Missing);
        }

        var edges = column.Edges ?? [];
        if (edges.Length != counts.Length - 1 || edges.Zip(edges.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            throw new JsonException($"baseline.json: '{name}' needs increasing 'edges', one fewer than 'counts'.");
        }

        return new BaselineColumn(name, edges, counts, column.Missing);
    }

    private sealed record BaselineJson(int FormatVersion, List<ColumnJson>? Features, ColumnJson? Score);

    private sealed record ColumnJson(string? Name, string? Kind, double[]? Edges, long[]? Counts, long Missing);

    private sealed record SignatureJson(List<SignatureFeatureJson>? Features, string? FeatureService, string? Label);

    private sealed record SignatureFeatureJson(string? Name);
}
