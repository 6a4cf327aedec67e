using CloudNativeAi.Contracts.Ingestion;

namespace CloudNativeAi.Web.Clients;

public sealed class IngestionClient(Sources.SourcesClient sources, CallDeadlines deadlines)
{
    public const string Name = "Ingestion";

    public async Task<ListSourcesResponse> ListSourcesAsync(CancellationToken cancellationToken) =>
        await sources.ListSourcesAsync(new ListSourcesRequest(), deadlines.ForStatus(cancellationToken));

    public async Task<SourceStatus> GetSourceAsync(string name, CancellationToken cancellationToken) =>
        await sources.GetSourceAsync(new GetSourceRequest { Name = name }, deadlines.ForPage(cancellationToken));

    public async Task<ListDeadLettersResponse> ListDeadLettersAsync(
        string source, DeadLetterState state, string pageToken, int pageSize, CancellationToken cancellationToken) =>
        await sources.ListDeadLettersAsync(
            new ListDeadLettersRequest { Source = source, State = state, PageToken = pageToken, PageSize = pageSize },
            deadlines.ForPage(cancellationToken));

    /// <summary>INVALID_ARGUMENT when the row does not fit the schema of today either.</summary>
    public async Task<ReplayDeadLetterResponse> ReplayDeadLetterAsync(string source, long id, CancellationToken cancellationToken) =>
        await sources.ReplayDeadLetterAsync(new ReplayDeadLetterRequest { Source = source, Id = id }, deadlines.ForPage(cancellationToken));

    public async Task<DeadLetter> DiscardDeadLetterAsync(string source, long id, CancellationToken cancellationToken) =>
        await sources.DiscardDeadLetterAsync(new DiscardDeadLetterRequest { Source = source, Id = id }, deadlines.ForPage(cancellationToken));

    /// <summary>Of the last day, by hour.</summary>
    public async Task<SourceQuality> GetQualityAsync(string source, CancellationToken cancellationToken) =>
        await sources.GetSourceQualityAsync(new GetSourceQualityRequest { Source = source }, deadlines.ForPage(cancellationToken));
}
