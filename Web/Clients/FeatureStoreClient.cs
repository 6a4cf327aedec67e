using CloudNativeAi.Contracts.FeatureStore;

namespace CloudNativeAi.Web.Clients;

public sealed class FeatureStoreClient(
    FeatureDefinitions.FeatureDefinitionsClient definitions,
    FeatureRetrieval.FeatureRetrievalClient retrieval,
    Materialization.MaterializationClient materialization,
    CallDeadlines deadlines)
{
    public const string Name = "Feature store";

    public async Task<GetStatusResponse> GetStatusAsync(CancellationToken cancellationToken) =>
        await materialization.GetStatusAsync(new GetStatusRequest(), deadlines.ForStatus(cancellationToken));

    public async Task<Definitions> GetDefinitionsAsync(CancellationToken cancellationToken) =>
        await definitions.GetDefinitionsAsync(new GetDefinitionsRequest(), deadlines.ForPage(cancellationToken));

    public async Task<FeatureService> GetFeatureServiceAsync(string name, CancellationToken cancellationToken) =>
        await definitions.GetFeatureServiceAsync(new GetFeatureServiceRequest { Name = name }, deadlines.ForPage(cancellationToken));

    public async Task<GetOnlineFeaturesResponse> GetOnlineFeaturesAsync(
        GetOnlineFeaturesRequest request, CancellationToken cancellationToken) =>
        await retrieval.GetOnlineFeaturesAsync(request, deadlines.ForPage(cancellationToken));
}
