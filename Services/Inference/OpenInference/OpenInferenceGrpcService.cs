using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.Tensors;
using Grpc.Core;

namespace CloudNativeAi.Inference.OpenInference;

internal sealed class OpenInferenceGrpcService(InferenceEngine engine, ServedModels served, ModelDescriptions descriptions)
    : GRPCInferenceService.GRPCInferenceServiceBase
{
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = true });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = served.IsInitialized });

    public override async Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) =>
        new() { Ready = await engine.IsReadyAsync(request.Name, request.Version, context.CancellationToken) };

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context)
    {
        var response = new ServerMetadataResponse { Name = ModelDescriptions.ServerName, Version = ModelDescriptions.ServerVersion };
        response.Extensions.Add(ModelDescriptions.Extensions);
        return Task.FromResult(response);
    }

    public override async Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        try
        {
            using var lease = await engine.LeaseAsync(request.Name, request.Version, context.CancellationToken);
            var response = new ModelMetadataResponse { Name = lease.Model.ModelName, Platform = ModelDescriptions.Platform };
            response.Versions.Add(descriptions.VersionsOf(lease.Model.ModelName));
            response.Inputs.Add(lease.Model.Onnx.Inputs.Select(Encode));
            response.Outputs.Add(lease.Model.Onnx.Outputs.Select(Encode));
            response.Properties.Add(descriptions.PropertiesOf(lease.Model));
            return response;
        }
        catch (InferenceException exception)
        {
            throw exception.ToRpcException();
        }
    }

    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        try
        {
            return await InferAsync(request, context.CancellationToken);
        }
        catch (InferenceException exception)
        {
            throw exception.ToRpcException();
        }
    }

    public override async Task ModelStreamInfer(
        IAsyncStreamReader<ModelInferRequest> requestStream, IServerStreamWriter<ModelStreamInferResponse> responseStream, ServerCallContext context)
    {
        await OrderedStream.RunAsync(
            requestStream.ReadAllAsync(context.CancellationToken),
            async (request, token) =>
            {
                try
                {
                    return new ModelStreamInferResponse { InferResponse = await InferAsync(request, token) };
                }
                catch (InferenceException exception)
                {
                    // An error in one request is a message, and the stream goes on; answers are matched by id.
                    return new ModelStreamInferResponse { ErrorMessage = exception.Message, InferResponse = new ModelInferResponse { Id = request.Id } };
                }
            },
            responseStream.WriteAsync,
            context.CancellationToken);
    }

    public override async Task<ModelStatisticsResponse> ModelStatistics(ModelStatisticsRequest request, ServerCallContext context)
    {
        try
        {
            var response = new ModelStatisticsResponse();
            response.ModelStats.Add(await descriptions.StatisticsAsync(request.Name, request.Version, context.CancellationToken));
            return response;
        }
        catch (InferenceException exception)
        {
            throw exception.ToRpcException();
        }
    }

    public override Task<RepositoryIndexResponse> RepositoryIndex(RepositoryIndexRequest request, ServerCallContext context)
    {
        var response = new RepositoryIndexResponse();
        response.Models.Add(descriptions.Index(request.Ready));
        return Task.FromResult(response);
    }

    private async Task<ModelInferResponse> InferAsync(ModelInferRequest request, CancellationToken cancellationToken)
    {
        var call = new InferCall(
            request.ModelName, request.ModelVersion, GrpcTensors.Decode(request),
            request.Outputs.Count == 0 ? [] : [.. request.Outputs.Select(output => output.Name)],
            request.Parameters.Count == 0 ? null : InferParameters.ReadTimeout(request.Parameters));
        return GrpcTensors.Encode(await engine.InferAsync(call, cancellationToken), request.Id);
    }

    private static ModelMetadataResponse.Types.TensorMetadata Encode(TensorInfo info)
    {
        var metadata = new ModelMetadataResponse.Types.TensorMetadata { Name = info.Name, Datatype = info.Datatype.ToName() };
        metadata.Shape.Add(info.Shape);
        return metadata;
    }
}
