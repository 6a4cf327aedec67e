using CloudNativeAi.Ingestion.Events;

namespace CloudNativeAi.Ingestion.DeadLetters;

/// <summary>A row that is not an event, with the bytes that came.</summary>
/// <param name="Row">0-based in its batch or upload.</param>
/// <param name="Line">1-based line of an upload; 0 where there are no lines.</param>
/// <param name="SentId">The id that came beside the payload, or empty.</param>
/// <param name="EventMicros">The timestamp that came beside the payload, or 0.</param>
/// <param name="Payload">A JSON object, or the bytes as they came.</param>
/// <param name="Original">The bytes as they came, when they are not the payload; else empty.</param>
internal sealed record InvalidRow(long Row, long Line, RowFault Fault, string SentId, long EventMicros, ReadOnlyMemory<byte> Payload, ReadOnlyMemory<byte> Original);
