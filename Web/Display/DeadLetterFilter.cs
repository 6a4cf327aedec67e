using CloudNativeAi.Contracts.Ingestion;

namespace CloudNativeAi.Web.Display;

/// <summary>Which dead letters a page shows, as its address says it; empty text narrows nothing.</summary>
/// <param name="From">As <see cref="Instants.Read"/> takes it, inclusive.</param>
/// <param name="To">As <see cref="Instants.Read"/> takes it, exclusive.</param>
public sealed record DeadLetterFilter(string Source, DeadLetterState State, string Reason, string Field, string EventId, string From, string To)
{
    public bool IsNarrow => (Reason + Field + EventId + From + To).Length > 0;

    public ListDeadLettersRequest ToList(string pageToken, int pageSize, DateTimeOffset now) => new()
    {
        Source = Source,
        State = State,
        Reason = Reason,
        Field = Field,
        EventId = EventId,
        ReceivedFromMicros = Micros(From, now),
        ReceivedUntilMicros = Micros(To, now),
        PageToken = pageToken,
        PageSize = pageSize,
    };

    /// <summary>Of those that were there at <paramref name="seen"/>: nobody has agreed to the ones that came later.</summary>
    public ReplayDeadLettersRequest ToReplay(string pageToken, int pageSize, DateTimeOffset seen)
    {
        var list = ToList(pageToken, pageSize, seen);
        return new ReplayDeadLettersRequest
        {
            Source = list.Source, Reason = list.Reason, Field = list.Field, EventId = list.EventId, ReceivedFromMicros = list.ReceivedFromMicros,
            ReceivedUntilMicros = Until(list, seen), PageToken = list.PageToken, PageSize = list.PageSize,
        };
    }

    /// <inheritdoc cref="ToReplay"/>
    public DiscardDeadLettersRequest ToDiscard(string pageToken, int pageSize, DateTimeOffset seen)
    {
        var list = ToList(pageToken, pageSize, seen);
        return new DiscardDeadLettersRequest
        {
            Source = list.Source, Reason = list.Reason, Field = list.Field, EventId = list.EventId, ReceivedFromMicros = list.ReceivedFromMicros,
            ReceivedUntilMicros = Until(list, seen), PageToken = list.PageToken, PageSize = list.PageSize,
        };
    }

    private static long Micros(string text, DateTimeOffset now) => Instants.Read(text, now) is { } instant ? Instants.ToMicros(instant) : 0;

    private static long Until(ListDeadLettersRequest list, DateTimeOffset seen) =>
        list.ReceivedUntilMicros == 0 ? Instants.ToMicros(seen) : Math.Min(list.ReceivedUntilMicros, Instants.ToMicros(seen));
}
