using System.Text.Json;

namespace CloudNativeAi.Web.Display;

/// <summary>What the pages show of a version's evaluation.json.</summary>
public sealed record EvaluationDocument(
    EvaluationDocument.Quality Validation,
    double Threshold,
    string BaselineTrainer,
    EvaluationDocument.Quality Baseline,
    double BaselineAucDifference,
    double BaselineAucDifferenceStandardError,
    IReadOnlyList<EvaluationDocument.Bin>? Calibration,
    IReadOnlyList<EvaluationDocument.Slice>? Slices)
{
    public const string Path = "evaluation.json";

    public sealed record Quality(long Rows, double? Auc, double? AucLow, double? AucHigh, double LogLoss, double Precision, double Recall);

    /// <summary>A tenth of the rows by score.</summary>
    public sealed record Bin(long Rows, double MeanScore, double PositiveShare);

    /// <summary>The rows where a feature has one value.</summary>
    public sealed record Slice(string Feature, string Value, Quality Metrics);

    /// <exception cref="JsonException">Not an evaluation report.</exception>
    public static EvaluationDocument Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<EvaluationDocument>(json, ModelDocumentJson.Options) is { Validation: not null, Baseline: not null } document
            ? document
            : throw new JsonException("The file is not an evaluation report.");
}
