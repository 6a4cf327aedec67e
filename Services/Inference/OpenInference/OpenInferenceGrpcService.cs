using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Models;
using Grpc.Core;

namespace CloudNativeAi.Inference.OpenInference;

internal sealed class OpenInferenceGrpcService(InferenceEngine engine, ServedModels served, ModelDescriptions descriptions, ModelRepository repository)
    : GRPCInferenceService.GRPCInferenceServiceBase
{
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = true });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = served.IsInitialized });

    public override async Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) =>
        new() { Ready = await engine.IsReadyAsync(request.Name, request.Version, context.CancellationToken) };

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(ModelDescriptions.Server);

    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context) =>
        AnswerAsync(descriptions.MetadataAsync(request.Name, request.Version, context.CancellationToken));

    public override Task<ModelConfigResponse> ModelConfig(ModelConfigRequest request, ServerCallContext context) =>
        AnswerAsync(ConfigAsync(request, context.CancellationToken));

    public override Task<ModelStatisticsResponse> ModelStatistics(ModelStatisticsRequest request, ServerCallContext context) =>
        AnswerAsync(StatisticsAsync(request, context.CancellationToken));

    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        try
        {
            return GrpcTensors.Encode(await InferAsync(request, context.GetHttpContext(), isFollowed: false, context.CancellationToken), request.Id);
        }
        catch (InferenceException exception)
        {
            throw exception.ToRpcException();
        }
    }

    public override Task ModelStreamInfer(
        IAsyncStreamReader<ModelInferRequest> requestStream, IServerStreamWriter<ModelStreamInferResponse> responseStream, ServerCallContext context) =>
        OrderedStream.RunAsync(
            requestStream.ReadAllAsync(context.CancellationToken),
            async (request, isFollowed, token) =>
            {
                try
                {
                    return new ModelStreamInferResponse { InferResponse = GrpcTensors.Encode(await InferAsync(request, context.GetHttpContext(), isFollowed, token), request.Id) };
                }
                catch (InferenceException exception)
                {
                    // An error in one request is a message, and the stream goes on; answers are matched by id.
                    return new ModelStreamInferResponse { ErrorMessage = exception.Message, InferResponse = new ModelInferResponse { Id = request.Id } };
                }
            },
            responseStream.WriteInFlightAsync,
            context.CancellationToken);

    public override Task<RepositoryIndexResponse> RepositoryIndex(RepositoryIndexRequest request, ServerCallContext context)
    {
        try
        {
            ModelRepository.CheckName(request.RepositoryName);
            return Task.FromResult(new RepositoryIndexResponse { Models = { descriptions.Index(request.Ready) } });
        }
        catch (InferenceException exception)
        {
            throw exception.ToRpcException();
        }
    }

    public override Task<RepositoryModelLoadResponse> RepositoryModelLoad(RepositoryModelLoadRequest request, ServerCallContext context) =>
        AnswerAsync(LoadAsync(request, context.CancellationToken));

    public override Task<RepositoryModelUnloadResponse> RepositoryModelUnload(RepositoryModelUnloadRequest request, ServerCallContext context) =>
        AnswerAsync(UnloadAsync(request, context.CancellationToken));

    // A refusal becomes a status.
    private static async Task<T> AnswerAsync<T>(Task<T> answer)
    {
        try
        {
            return await answer;
        }
        catch (InferenceException exception)
        {
            throw exception.ToRpcException();
        }
    }

    private ValueTask<InferAnswer> InferAsync(ModelInferRequest request, HttpContext context, bool isFollowed, CancellationToken cancellationToken) =>
        engine.InferAsync(request.ModelName, context.VersionOf(request.ModelVersion), GrpcTensors.Decode(request, isFollowed), cancellationToken);

    private async Task<ModelConfigResponse> ConfigAsync(ModelConfigRequest request, CancellationToken cancellationToken) =>
        new() { Config = await descriptions.ConfigAsync(request.Name, request.Version, cancellationToken) };

    private async Task<ModelStatisticsResponse> StatisticsAsync(ModelStatisticsRequest request, CancellationToken cancellationToken) =>
        new() { ModelStats = { await descriptions.StatisticsAsync(request.Name, request.Version, cancellationToken) } };

    private async Task<RepositoryModelLoadResponse> LoadAsync(RepositoryModelLoadRequest request, CancellationToken cancellationToken)
    {
        ModelRepository.CheckName(request.RepositoryName);
        await repository.LoadAsync(request.ModelName, request.Parameters.Keys, cancellationToken);
        return new RepositoryModelLoadResponse();
    }

    private async Task<RepositoryModelUnloadResponse> UnloadAsync(RepositoryModelUnloadRequest request, CancellationToken cancellationToken)
    {
        ModelRepository.CheckName(request.RepositoryName);
        await repository.UnloadAsync(request.ModelName, request.Parameters.Keys, cancellationToken);
        return new RepositoryModelUnloadResponse();
    }
}
