using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Web.Display;

namespace CloudNativeAi.Web.Clients;

public sealed class FeatureStoreClient(
    FeatureDefinitions.FeatureDefinitionsClient definitions,
    FeatureRetrieval.FeatureRetrievalClient retrieval,
    Materialization.MaterializationClient materialization,
    Statistics.StatisticsClient statistics,
    Parity.ParityClient parity,
    TrainingSets.TrainingSetsClient trainingSets,
    CallDeadlines deadlines)
{
    public const string Name = "Feature store";

    /// <summary>Training sets that a page knows: the newest.</summary>
    public const int TrainingSetsShown = 200;

    public async Task<GetStatusResponse> GetStatusAsync(CancellationToken cancellationToken) =>
        await materialization.GetStatusAsync(new GetStatusRequest(), deadlines.ForStatus(cancellationToken));

    public async Task<Definitions> GetDefinitionsAsync(CancellationToken cancellationToken) =>
        await definitions.GetDefinitionsAsync(new GetDefinitionsRequest(), deadlines.ForPage(cancellationToken));

    public async Task<FeatureService> GetFeatureServiceAsync(string name, CancellationToken cancellationToken) =>
        await definitions.GetFeatureServiceAsync(new GetFeatureServiceRequest { Name = name }, deadlines.ForPage(cancellationToken));

    public async Task<GetOnlineFeaturesResponse> GetOnlineFeaturesAsync(
        GetOnlineFeaturesRequest request, CancellationToken cancellationToken) =>
        await retrieval.GetOnlineFeaturesAsync(request, deadlines.ForPage(cancellationToken));

    /// <summary>Reads the offline store: seconds, not milliseconds.</summary>
    /// <param name="asOf">Null: now.</param>
    public async Task<FeatureViewStatistics> GetStatisticsAsync(string view, DateTimeOffset? asOf, CancellationToken cancellationToken)
    {
        var request = new GetFeatureViewStatisticsRequest { FeatureView = view };
        if (asOf is { } instant)
        {
            request.AsOfMicros = Instants.ToMicros(instant);
        }

        return await statistics.GetFeatureViewStatisticsAsync(request, deadlines.ForReport(cancellationToken));
    }

    public async Task<ParityReport> GetParityAsync(CancellationToken cancellationToken) =>
        await parity.GetParityAsync(new GetParityRequest(), deadlines.ForPage(cancellationToken));

    /// <summary>The newest first.</summary>
    public async Task<ListTrainingSetsResponse> ListTrainingSetsAsync(CancellationToken cancellationToken) =>
        await trainingSets.ListTrainingSetsAsync(new ListTrainingSetsRequest { PageSize = TrainingSetsShown }, deadlines.ForPage(cancellationToken));

    public async Task<TrainingSet> GetTrainingSetAsync(string digest, CancellationToken cancellationToken) =>
        await trainingSets.GetTrainingSetAsync(new GetTrainingSetRequest { Digest = digest }, deadlines.ForPage(cancellationToken));
}
