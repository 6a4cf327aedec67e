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
        string source, string pageToken, int pageSize, CancellationToken cancellationToken) =>
        await sources.ListDeadLettersAsync(
            new ListDeadLettersRequest { Source = source, PageToken = pageToken, PageSize = pageSize },
            deadlines.ForPage(cancellationToken));
}
