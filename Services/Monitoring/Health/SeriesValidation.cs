using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Validation;

namespace CloudNativeAi.Monitoring.Health;

internal static class SeriesValidation
{
    public static Problem? Check(SeriesRequest request) =>
        Rules.ModelName("model_name", request.ModelName)
        ?? (request.ModelVersion < 0 ? new Problem("model_version", "must not be negative; 0 means the champion's.") : null)
        ?? (request.ToMicros != 0 && request.FromMicros != 0 && request.FromMicros > request.ToMicros
            ? new Problem("from_micros", "must not be after to_micros.") : null);
}
