using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.Monitoring;

namespace CloudNativeAi.Monitoring.Tests.Application;

/// <summary>A model with two features and a score, and predictions of it with and without drift.</summary>
internal static class Sample
{
    public const long Second = 1_000_000;
    public const long Minute = 60 * Second;
    public const long Hour = 60 * Minute;

    public const string Signature =
        """
        { "format_version": 1, "features": [ { "name": "delay" }, { "name": "carrier" } ], "feature_service": "flight_delay", "label": "late" }
        """;

    public const string Baseline =
        """
        { "format_version": 1, "rows": 1000,
          "score": { "name": "score", "kind": "numeric", "edges": [0.25, 0.5, 0.75], "counts": [250, 250, 250, 250], "missing": 0 },
          "features": [
            { "name": "carrier", "kind": "categorical", "counts": [500, 500], "missing": 0 },
            { "name": "delay", "kind": "numeric", "edges": [0, 10, 20], "counts": [250, 250, 250, 250], "missing": 0 } ] }
        """;

    /// <summary>Start of the hour of <see cref="MonitoringApplication.Noon"/>.</summary>
    public static long Noon { get; } = Micros.From(MonitoringApplication.Noon);

    public static void PutModel(this FakePlatform platform, string model, int version = 1)
    {
        platform.PutArtifact(model, version, "signature.json", Signature);
        platform.PutArtifact(model, version, "baseline.json", Baseline);
    }

    public static PredictionRecord Prediction(string id, string model, long micros, double score = 0.4, int version = 1) => new()
    {
        PredictionId = id,
        ModelName = model,
        ModelVersion = version,
        Score = score,
        Label = score > 0.5 ? "true" : "false",
        PredictionTimestampMicros = micros,
        CreatedTimestampMicros = micros,
        EntityKeys = { ["origin"] = new Value { StringValue = "SEA" } },
        Features = { 5, 1 },
        Role = "champion",
        LatencySeconds = 0.002,
        TraceId = "4bf92f3577b34da6a3ce929d0e0e4736",
    };

    /// <summary>Predictions spread over one hour whose features and scores are shared out as in the baseline, or all delayed.</summary>
    public static IReadOnlyList<PredictionRecord> HourOf(string model, long start, int count, bool drifted = false, int version = 1) =>
        [.. Enumerable.Range(0, count).Select(row =>
        {
            var prediction = Prediction($"{model}/{version}/{start}/{row}", model, start + (row * Hour / count), ((row % 4) + 0.5) / 4, version);
            prediction.Features.Clear();
            prediction.Features.Add([drifted ? 50 : (row % 4 * 10) - 5, row % 2]);
            return prediction;
        })];

    public static LabelRecord Label(string predictionId, double value, long micros, string model = "") =>
        new() { PredictionId = predictionId, Value = value, LabelTimestampMicros = micros, ModelName = model };
}
