using System.Text.Json;

namespace CloudNativeAi.Modeling;

/// <summary>baseline.json: how the model's input and output were distributed, for drift to be measured against.</summary>
/// <param name="Rows">Training rows, which the features are of.</param>
/// <param name="ScoreRows">Validation rows, which the score is of: rows the model did not see, like those it will serve.</param>
/// <param name="PositiveShare">Share of positive labels in the validation rows.</param>
public sealed record ModelBaseline(
    int FormatVersion, long Rows, IReadOnlyList<FeatureBaseline> Features, long ScoreRows, FeatureBaseline Score, double PositiveShare)
{
    public const int CurrentFormatVersion = 1;

    /// <exception cref="JsonException">The content is not a baseline, or one of a newer format.</exception>
    public static ModelBaseline Parse(ReadOnlySpan<byte> json)
    {
        var baseline = ModelJson.Deserialize<ModelBaseline>(json);
        return baseline.FormatVersion is >= 1 and <= CurrentFormatVersion
            ? baseline
            : throw new JsonException($"baseline.json has format version {baseline.FormatVersion}; this build reads 1 to {CurrentFormatVersion}.");
    }

    public byte[] ToJson() => ModelJson.Serialize(this);
}

/// <summary>One feature, or the score, as the model sees it: encoded.</summary>
/// <param name="Count">Values that are not missing; the sum of <paramref name="Counts"/>.</param>
/// <param name="Missing">NaN: no value, or a category outside the vocabulary.</param>
/// <param name="Edges">Numeric: increasing; bin i holds edges[i-1] &lt; x &lt;= edges[i], the first and the last bin are open.</param>
/// <param name="Categories">Categorical: the vocabulary; counts[i] belongs to the encoded value i.</param>
/// <param name="Counts">One more than edges, or as many as categories.</param>
public sealed record FeatureBaseline(
    string Name,
    FeatureKind Kind,
    long Count,
    long Missing,
    double MissingShare,
    IReadOnlyList<long> Counts,
    IReadOnlyList<double>? Edges = null,
    IReadOnlyList<string>? Categories = null,
    double? Mean = null,
    double? StandardDeviation = null,
    double? Minimum = null,
    double? Maximum = null);
