namespace CloudNativeAi.Web.Live;

/// <summary>One second of the path. Null is "not known", which charts show as a gap.</summary>
public sealed record LivePoint(
    long UnixMilliseconds,
    double? EventsPerSecond,
    double? MaterializedPerSecond,
    double? PredictionsPerSecond,
    double? LoggedPerSecond,
    double? LatencyP50Milliseconds,
    double? LatencyP99Milliseconds);
