using System.Text;
using CloudNativeAi.Contracts.Ingestion;
using Microsoft.AspNetCore.Mvc;

namespace CloudNativeAi.Ingestion.DeadLetters;

/// <summary>Which dead letters: the query string of those calls that take many.</summary>
/// <param name="Reason">Text that the reason has in it.</param>
/// <param name="ReceivedFromMicros">Inclusive.</param>
/// <param name="ReceivedUntilMicros">Exclusive.</param>
internal sealed record DeadLetterSelection(
    [property: FromQuery(Name = "page_size")] int? PageSize,
    [property: FromQuery(Name = "page_token")] string? PageToken,
    [property: FromQuery(Name = "field")] string? Field,
    [property: FromQuery(Name = "event_id")] string? EventId,
    [property: FromQuery(Name = "reason")] string? Reason,
    [property: FromQuery(Name = "received_from_micros")] long? ReceivedFromMicros,
    [property: FromQuery(Name = "received_until_micros")] long? ReceivedUntilMicros)
{
    public ListDeadLettersRequest From(string source) => new()
    {
        Source = source,
        PageSize = PageSize ?? 0,
        PageToken = PageToken ?? "",
        Field = Field ?? "",
        EventId = EventId ?? "",
        Reason = Reason ?? "",
        ReceivedFromMicros = ReceivedFromMicros ?? 0,
        ReceivedUntilMicros = ReceivedUntilMicros ?? 0,
    };
}

/// <param name="NextPageToken">Null: this is the last page.</param>
internal sealed record DeadLetterPage(IReadOnlyList<DeadLetterDocument> DeadLetters, string? NextPageToken);

/// <param name="Payload">The row as text.</param>
/// <param name="Original">The bytes as they came, base64; null: the payload is what came.</param>
internal sealed record DeadLetterDocument(
    long Id, long Row, string EventId, string Field, string Reason, string Payload, byte[]? Original, long CreatedTimestampMicros, DeadLetterState State)
{
    public static DeadLetterDocument From(DeadLetter deadLetter) => new(
        deadLetter.Id,
        deadLetter.Row,
        deadLetter.EventId,
        deadLetter.Field,
        deadLetter.Reason,
        Encoding.UTF8.GetString(deadLetter.Payload.Span),
        deadLetter.Original.IsEmpty ? null : deadLetter.Original.ToByteArray(),
        deadLetter.CreatedTimestampMicros,
        deadLetter.State);
}

/// <param name="Outcome">accepted or duplicate</param>
internal sealed record ReplayDocument(string Outcome, long LastPosition);

/// <param name="Duplicates">Their events were in the log already.</param>
/// <param name="NextPageToken">Null: there are no more.</param>
internal sealed record ReplayAllDocument(long Accepted, long Duplicates, long StillInvalid, string? NextPageToken);

/// <param name="NextPageToken">Null: there are no more.</param>
internal sealed record DiscardAllDocument(long Discarded, string? NextPageToken);
