using System.Text.Json.Serialization;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>What became of the rows of an upload: received = accepted + duplicates + deadLettered + refused.</summary>
/// <param name="LastPosition">The source's position after the upload; 0 when nothing was written.</param>
/// <param name="Invalid">The first 100 of <paramref name="InvalidTotal"/>.</param>
internal sealed record UploadResult(
    long Received, long Accepted, long Duplicates, long DeadLettered, long Refused, long LastPosition, IReadOnlyList<InvalidRowDocument> Invalid, long InvalidTotal);

/// <param name="Row">0-based.</param>
/// <param name="Line">1-based line of an NDJSON or CSV body.</param>
/// <param name="Field">Empty: the row as a whole.</param>
internal sealed record InvalidRowDocument(
    long Row, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Line, string EventId, string Field, string Reason);
