using CloudNativeAi.Contracts.ModelRegistry;
using Google.Protobuf.Collections;

namespace CloudNativeAi.ModelRegistry.Experiments;

/// <summary>Bounds of one call. Each method returns null, or what is wrong.</summary>
internal static class RunLimits
{
    private const int MaxNameLength = 250;
    private const int MaxValueLength = 6_000;
    private const int MaxMetrics = 10_000;
    private const int MaxEntries = 1_000;

    public static string? Check(CreateRunRequest request) =>
        request.Experiment.Length == 0 ? "An experiment is required."
        : CheckName("experiment", request.Experiment) ?? CheckName("run name", request.RunName) ?? CheckName("idempotency key", request.IdempotencyKey)
            ?? CheckPairs("parameters", request.Parameters) ?? CheckPairs("tags", request.Tags);

    public static string? Check(LogRunRequest request)
    {
        if (request.Metrics.Count > MaxMetrics)
        {
            return $"{request.Metrics.Count} metrics in one call; at most {MaxMetrics} are allowed.";
        }

        var badKey = request.Metrics.FirstOrDefault(metric => metric.Key.Length == 0 || CheckName("key", metric.Key) is not null);
        return badKey is not null
            ? $"A metric's key has {badKey.Key.Length} characters; 1 to {MaxNameLength} are allowed, and no NUL."
            : CheckPairs("parameters", request.Parameters) ?? CheckPairs("tags", request.Tags);
    }

    private static string? CheckName(string what, string name) => name.Length > MaxNameLength || name.Contains('\0')
        ? $"The {what} has {name.Length} characters; at most {MaxNameLength} are allowed, and no NUL."
        : null;

    private static string? CheckPairs(string what, MapField<string, string> pairs)
    {
        if (pairs.Count > MaxEntries)
        {
            return $"{pairs.Count} {what} in one call; at most {MaxEntries} are allowed.";
        }

        foreach (var (key, value) in pairs)
        {
            if (key.Length == 0 || CheckName("key", key) is not null || value.Length > MaxValueLength || value.Contains('\0'))
            {
                return $"An entry of {what} is too long, empty or has a NUL: a key has 1 to {MaxNameLength} characters, a value at most {MaxValueLength}.";
            }
        }

        return null;
    }
}
