using System.Globalization;
using CloudNativeAi.Contracts.Ingestion;

namespace CloudNativeAi.Ingestion.DeadLetters;

/// <summary>One page of the dead letters of a source, oldest first.</summary>
/// <param name="Reason">Text that the reason has in it; empty: any.</param>
/// <param name="FromMicros">When it was received, inclusive; 0: no bound.</param>
/// <param name="UntilMicros">Exclusive; 0: no bound.</param>
internal sealed record DeadLetterQuery(
    long AfterId, int PageSize, string Field, string EventId, string Reason, long FromMicros, long UntilMicros, DeadLetterState State)
{
    public static DeadLetterQuery? From(ListDeadLettersRequest request, out string fault)
    {
        fault = "";
        var afterId = 0L;
        var pageSize = Ingestion.PageSize.Of(request.PageSize);
        if (pageSize is null)
        {
            fault = Ingestion.PageSize.Fault;
        }
        else if (request.PageToken.Length > 0 && !long.TryParse(request.PageToken, NumberStyles.None, CultureInfo.InvariantCulture, out afterId))
        {
            fault = "page_token is not one that this service gave";
        }
        else if (!Enum.IsDefined(request.State))
        {
            fault = "state is WAITING, REPLAYED or DISCARDED";
        }

        return fault.Length > 0
            ? null
            : new DeadLetterQuery(
                afterId, pageSize!.Value, request.Field, request.EventId, request.Reason, request.ReceivedFromMicros, request.ReceivedUntilMicros, request.State);
    }

    /// <summary>What the next page goes on from; empty: this is the last.</summary>
    public string NextPageToken(IReadOnlyList<DeadLetter> page) => page.Count == PageSize ? page[^1].Id.ToString(CultureInfo.InvariantCulture) : "";
}
