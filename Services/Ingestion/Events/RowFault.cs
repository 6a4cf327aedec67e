namespace CloudNativeAi.Ingestion.Events;

/// <summary>Why a row is not an event of its source.</summary>
/// <param name="Field">The offending field; empty: the row as a whole.</param>
/// <param name="EventId">As far as it is known.</param>
internal readonly record struct RowFault(string Field, string Reason, string EventId = "");
