namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>Where a body stopped making sense. What follows cannot be told apart into rows.</summary>
/// <param name="Line">1-based; 0: unknown.</param>
/// <param name="Row">0-based row that could not be read.</param>
internal sealed record MalformedBody(long Line, long Row, string Reason);
