using CloudNativeAi.Contracts.ModelRegistry;
using Grpc.Core;

namespace CloudNativeAi.Web.Clients;

public sealed class ModelRegistryClient(ModelRegistry.ModelRegistryClient registry, CallDeadlines deadlines)
{
    public const string Name = "Model registry";

    /// <summary>Versions of each model, the newest, that a search through lineage reads.</summary>
    public const int VersionsLookedAt = 100;

    /// <summary>Largest artifact a page reads into memory, bytes. Models themselves are larger and are never read here.</summary>
    public const int MaxTextArtifactBytes = 4 * 1024 * 1024;

    public async Task<ListModelsResponse> ListModelsAsync(CancellationToken cancellationToken) =>
        await registry.ListModelsAsync(new ListModelsRequest(), deadlines.ForStatus(cancellationToken));

    public async Task<ListModelVersionsResponse> ListVersionsAsync(string model, int beforeVersion, int pageSize, CancellationToken cancellationToken) =>
        await registry.ListModelVersionsAsync(
            new ListModelVersionsRequest { ModelName = model, BeforeVersion = beforeVersion, PageSize = pageSize },
            deadlines.ForPage(cancellationToken));

    /// <summary>Versions whose lineage says so, of the newest of each model.</summary>
    /// <param name="key">Such as "feature_service" or "training_set_digest".</param>
    public async Task<IReadOnlyList<ModelVersion>> FindByLineageAsync(string key, Func<string, bool> matches, CancellationToken cancellationToken)
    {
        var models = await ListModelsAsync(cancellationToken);
        var versions = await Task.WhenAll(models.Models.Select(model => ListVersionsAsync(model.ModelName, 0, VersionsLookedAt, cancellationToken)));
        return [.. versions.SelectMany(page => page.Versions).Where(version => version.Lineage.TryGetValue(key, out var value) && matches(value))];
    }

    public async Task<ModelVersion> GetVersionAsync(string model, int version, CancellationToken cancellationToken) =>
        await registry.GetModelVersionAsync(
            new GetModelVersionRequest { ModelName = model, Version = version }, deadlines.ForPage(cancellationToken));

    public async Task<ModelVersion> GetVersionAsync(string model, string alias, CancellationToken cancellationToken) =>
        await registry.GetModelVersionAsync(
            new GetModelVersionRequest { ModelName = model, Alias = alias }, deadlines.ForPage(cancellationToken));

    public async Task<ListAliasHistoryResponse> ListAliasHistoryAsync(string model, int pageSize, CancellationToken cancellationToken) =>
        await registry.ListAliasHistoryAsync(
            new ListAliasHistoryRequest { ModelName = model, PageSize = pageSize }, deadlines.ForPage(cancellationToken));

    public async Task<AliasChange> SetAliasAsync(SetAliasRequest request, CancellationToken cancellationToken) =>
        await registry.SetAliasAsync(request, deadlines.ForPage(cancellationToken));

    /// <summary>The model as the registry has it now; null when it has no such model.</summary>
    public async Task<ModelState?> FindModelAsync(string model, CancellationToken cancellationToken)
    {
        var all = await registry.ListModelsAsync(new ListModelsRequest(), deadlines.ForPage(cancellationToken));
        return all.Models.FirstOrDefault(state => state.ModelName == model);
    }

    public async Task<ModelState> SetTrafficPolicyAsync(SetTrafficPolicyRequest request, CancellationToken cancellationToken) =>
        await registry.SetTrafficPolicyAsync(request, deadlines.ForPage(cancellationToken));

    /// <summary>One small file of a version. RESOURCE_EXHAUSTED when it is larger than <see cref="MaxTextArtifactBytes"/>.</summary>
    public async Task<byte[]> ReadArtifactAsync(string model, int version, string path, CancellationToken cancellationToken)
    {
        using var call = registry.ReadArtifact(
            new ReadArtifactRequest { ModelName = model, Version = version, Path = path }, deadlines.ForPage(cancellationToken));
        using var content = new MemoryStream();

        await foreach (var chunk in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            if (content.Length + chunk.Data.Length > MaxTextArtifactBytes)
            {
                throw new RpcException(new Status(
                    StatusCode.ResourceExhausted, $"'{path}' is larger than the {MaxTextArtifactBytes / (1024 * 1024)} MiB that are shown here."));
            }

            chunk.Data.WriteTo(content);
        }

        return content.ToArray();
    }
}
