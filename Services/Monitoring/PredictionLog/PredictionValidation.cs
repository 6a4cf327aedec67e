using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Validation;

namespace CloudNativeAi.Monitoring.PredictionLog;

internal static class PredictionValidation
{
    public const int MaxFeatures = 4_096;

    private const int MaxLabelLength = 256;
    private const int MaxTraceIdLength = 64;
    private const int MaxEntityKeys = 32;
    private const int MaxEntityKeyLength = 1_024;
    private const double MaxLatencySeconds = 86_400;

    public static Problem? Check(PredictionRecord prediction, long latestMicros) =>
        Rules.Id("prediction_id", prediction.PredictionId)
        ?? Rules.ModelName("model_name", prediction.ModelName)
        ?? (prediction.ModelVersion < 1 ? new Problem("model_version", $"must be at least 1, is {prediction.ModelVersion}.") : null)
        ?? Rules.Finite("score", prediction.Score)
        ?? Rules.Text("label", prediction.Label, MaxLabelLength)
        ?? Rules.Instant("prediction_timestamp_micros", prediction.PredictionTimestampMicros, latestMicros)
        ?? Rules.Instant("created_timestamp_micros", prediction.CreatedTimestampMicros, latestMicros)
        ?? CheckEntityKeys(prediction)
        ?? (prediction.Features.Count > MaxFeatures
            ? new Problem("features", $"must have at most {MaxFeatures} values, has {prediction.Features.Count}.") : null)
        ?? (prediction.Role is "" or "champion" or "challenger" or "shadow" ? null
            : new Problem("role", "must be 'champion', 'challenger', 'shadow' or empty."))
        ?? (prediction.LatencySeconds is >= 0 and <= MaxLatencySeconds ? null
            : new Problem("latency_seconds", $"must be between 0 and {MaxLatencySeconds}, is {prediction.LatencySeconds}."))
        ?? Rules.Text("trace_id", prediction.TraceId, MaxTraceIdLength);

    private static Problem? CheckEntityKeys(PredictionRecord prediction)
    {
        if (prediction.EntityKeys.Count > MaxEntityKeys)
        {
            return new Problem("entity_keys", $"must have at most {MaxEntityKeys} keys, has {prediction.EntityKeys.Count}.");
        }

        foreach (var (name, value) in prediction.EntityKeys)
        {
            var problem = Rules.Id("entity_keys", name) ?? value.KindCase switch
            {
                Value.KindOneofCase.StringValue => Rules.Text($"entity_keys[{name}]", value.StringValue, MaxEntityKeyLength),
                Value.KindOneofCase.DoubleValue => Rules.Finite($"entity_keys[{name}]", value.DoubleValue),
                _ => null,
            };

            if (problem is not null)
            {
                return problem;
            }
        }

        return null;
    }
}
