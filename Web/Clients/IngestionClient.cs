using CloudNativeAi.Contracts.Ingestion;

namespace CloudNativeAi.Web.Clients;

public sealed class IngestionClient(Sources.SourcesClient sources, Inputs.InputsClient inputs, CallDeadlines deadlines)
{
    public const string Name = "Ingestion";

    public async Task<ListSourcesResponse> ListSourcesAsync(CancellationToken cancellationToken) =>
        await sources.ListSourcesAsync(new ListSourcesRequest(), deadlines.ForStatus(cancellationToken));

    public async Task<ListDeadLettersResponse> ListDeadLettersAsync(ListDeadLettersRequest request, CancellationToken cancellationToken) =>
        await sources.ListDeadLettersAsync(request, deadlines.ForPage(cancellationToken));

    /// <summary>INVALID_ARGUMENT when the row does not fit the schema of today either.</summary>
    public async Task<ReplayDeadLetterResponse> ReplayDeadLetterAsync(ReplayDeadLetterRequest request, CancellationToken cancellationToken) =>
        await sources.ReplayDeadLetterAsync(request, deadlines.ForPage(cancellationToken));

    public async Task<ReplayDeadLettersResponse> ReplayDeadLettersAsync(ReplayDeadLettersRequest request, CancellationToken cancellationToken) =>
        await sources.ReplayDeadLettersAsync(request, deadlines.ForPage(cancellationToken));

    public async Task<DeadLetter> DiscardDeadLetterAsync(string source, long id, CancellationToken cancellationToken) =>
        await sources.DiscardDeadLetterAsync(new DiscardDeadLetterRequest { Source = source, Id = id }, deadlines.ForPage(cancellationToken));

    public async Task<DiscardDeadLettersResponse> DiscardDeadLettersAsync(DiscardDeadLettersRequest request, CancellationToken cancellationToken) =>
        await sources.DiscardDeadLettersAsync(request, deadlines.ForPage(cancellationToken));

    /// <summary>Of the last day, by hour.</summary>
    public async Task<SourceQuality> GetQualityAsync(string source, CancellationToken cancellationToken) =>
        await sources.GetSourceQualityAsync(new GetSourceQualityRequest { Source = source }, deadlines.ForPage(cancellationToken));

    /// <param name="source">Empty: all.</param>
    public async Task<ListQualityAlertsResponse> ListQualityAlertsAsync(string source, CancellationToken cancellationToken) =>
        await sources.ListQualityAlertsAsync(new ListQualityAlertsRequest { Source = source }, deadlines.ForPage(cancellationToken));

    /// <summary>Of the last day, by minute.</summary>
    public async Task<QualitySeries> GetQualitySeriesAsync(string source, string rule, CancellationToken cancellationToken) =>
        await sources.GetQualitySeriesAsync(new GetQualitySeriesRequest { Source = source, Rule = rule }, deadlines.ForPage(cancellationToken));

    public async Task<ListUploadsResponse> ListUploadsAsync(string source, string pageToken, int pageSize, CancellationToken cancellationToken) =>
        await inputs.ListUploadsAsync(
            new ListUploadsRequest { Source = source, PageToken = pageToken, PageSize = pageSize }, deadlines.ForPage(cancellationToken));

    public async Task<UploadStatus> GetUploadAsync(string source, string id, CancellationToken cancellationToken) =>
        await inputs.GetUploadAsync(new GetUploadRequest { Source = source, Id = id }, deadlines.ForPage(cancellationToken));

    /// <summary>FAILED_PRECONDITION when it has ended otherwise.</summary>
    public async Task<UploadStatus> CancelUploadAsync(string source, string id, CancellationToken cancellationToken) =>
        await inputs.CancelUploadAsync(new CancelUploadRequest { Source = source, Id = id }, deadlines.ForPage(cancellationToken));

    public async Task<PullStatus> GetPullsAsync(string source, CancellationToken cancellationToken) =>
        await inputs.GetPullsAsync(new GetPullsRequest { Source = source }, deadlines.ForPage(cancellationToken));
}
