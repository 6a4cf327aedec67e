using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Validation;

namespace CloudNativeAi.Monitoring.Labels;

internal static class LabelValidation
{
    public static Problem? Check(LabelRecord label, long latestMicros) =>
        Rules.Id("prediction_id", label.PredictionId)
        ?? Rules.Finite("value", label.Value)
        ?? Rules.Instant("label_timestamp_micros", label.LabelTimestampMicros, latestMicros)
        ?? (label.ModelName.Length == 0 ? null : Rules.ModelName("model_name", label.ModelName));
}
