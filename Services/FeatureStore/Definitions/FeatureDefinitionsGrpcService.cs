using CloudNativeAi.Contracts.FeatureStore;
using Grpc.Core;
using Contract = CloudNativeAi.Contracts.FeatureStore;

namespace CloudNativeAi.FeatureStore.Definitions;

internal sealed class FeatureDefinitionsGrpcService(DefinitionApplier applier, DefinitionStore store, DefinitionCatalog catalog)
    : FeatureDefinitions.FeatureDefinitionsBase
{
    public override async Task<ApplyDefinitionsResponse> ApplyDefinitions(ApplyDefinitionsRequest request, ServerCallContext context)
    {
        try
        {
            var applied = await applier.ApplyAsync(request.Yaml, request.FileName, request.DryRun, context.CancellationToken);
            return DefinitionMessages.ToMessage(applied);
        }
        catch (DefinitionsException exception)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, exception.Message));
        }
    }

    public override async Task<Contract.Definitions> GetDefinitions(GetDefinitionsRequest request, ServerCallContext context)
    {
        if (request.Version < 0)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"version is {request.Version}; it must be 0 (the newest) or a version."));
        }

        var definitions = request.Version == 0
            ? catalog.Current.Definitions
            : await store.FindAsync(request.Version, context.CancellationToken)
                ?? throw new RpcException(new Status(StatusCode.NotFound, $"There is no definitions version {request.Version}."));
        return DefinitionMessages.ToMessage(definitions);
    }

    public override Task<Contract.FeatureService> GetFeatureService(GetFeatureServiceRequest request, ServerCallContext context)
    {
        var definitions = catalog.Current.Definitions;
        var service = definitions.FindService(request.Name)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"There is no feature service '{request.Name}'. Known feature services: {string.Join(", ", definitions.FeatureServices.Select(known => known.Name))}."));
        return Task.FromResult(DefinitionMessages.ToMessage(service, definitions.Version));
    }
}
