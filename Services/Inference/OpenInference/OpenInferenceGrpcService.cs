using System.Globalization;
using System.Reflection;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.Predictions;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.Inference.Tensors;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.OpenInference;

/// <summary>Open Inference Protocol v2 over gRPC, as KServe and Triton speak it. Answers are raw.</summary>
internal sealed class OpenInferenceGrpcService(
    ServedModels models, ExecutionProvider provider, InferenceMetrics metrics, IOptions<ModelOptions> options, TimeProvider timeProvider)
    : GRPCInferenceService.GRPCInferenceServiceBase
{
    private const string ServerName = "cloudnativeai";
    private const string Platform = "onnxruntime_onnx";

    private static readonly string Version = typeof(OpenInferenceGrpcService).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = true });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = provider.UnmetRequirement is null });

    public override async Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context)
    {
        try
        {
            using var lease = await AcquireAsync(request.Name, request.Version, context.CancellationToken);
            return new ModelReadyResponse { Ready = true };
        }
        catch (InferenceException exception) when (exception.Kind is InferenceErrorKind.NotFound or InferenceErrorKind.Unavailable)
        {
            return new ModelReadyResponse { Ready = false };
        }
        catch (InferenceException exception)
        {
            throw exception.ToRpcException();
        }
    }

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerMetadataResponse { Name = ServerName, Version = Version, Extensions = { "parameters" } });

    public override async Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        try
        {
            using var lease = await AcquireAsync(request.Name, request.Version, context.CancellationToken);
            var response = new ModelMetadataResponse { Name = request.Name, Platform = Platform };
            response.Versions.AddRange(models.Versions
                .Where(version => version.ModelName == request.Name)
                .Select(version => version.Version)
                .Order()
                .Select(version => version.ToString(CultureInfo.InvariantCulture)));
            response.Inputs.AddRange(lease.Version.Onnx.Inputs.Select(Describe));
            response.Outputs.AddRange(lease.Version.Onnx.Outputs.Select(Describe));
            response.Properties["execution_provider"] = provider.Name;
            response.Properties["execution_provider_fallback"] = provider.IsFallback ? "true" : "false";
            response.Properties["digest"] = lease.Version.Digest;
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

    private async Task<ModelInferResponse> InferAsync(ModelInferRequest request, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        using var lease = await AcquireAsync(request.ModelName, request.ModelVersion, cancellationToken);
        var version = lease.Version;
        var isDone = false;
        try
        {
            var inputs = RequestTensors.Read(request, version.Onnx, options.Value.MaxBatchSize);
            var outputs = RequestTensors.Outputs(request, version.Onnx);
            var rows = version.Onnx.MayBeBatched && inputs.Length > 0 ? inputs[0].Shape[0] : 1;
            var answer = await version.Batcher.RunAsync(inputs, outputs, rows, QueueTimeout(request), cancellationToken);
            isDone = true;
            return ToResponse(request, version, answer);
        }
        finally
        {
            var duration = timeProvider.GetElapsedTime(started);
            version.Record(duration, isDone);
            metrics.RecordRequest(version.ModelName, version.Version, isDone, duration);
        }
    }

    private ValueTask<VersionLease> AcquireAsync(string modelName, string version, CancellationToken cancellationToken)
    {
        if (version.Length == 0)
        {
            return ValueTask.FromResult(models.Acquire(modelName, ServedModels.Champion));
        }

        return int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? new ValueTask<VersionLease>(models.AcquireAsync(modelName, number, cancellationToken))
            : throw InferenceException.Invalid($"failed to get model version from specified version string '{version}' (details: it must be a positive integer)");
    }

    // Microseconds, as Triton's reserved parameter has it.
    private static TimeSpan? QueueTimeout(ModelInferRequest request) =>
        request.Parameters.TryGetValue("timeout", out var timeout) && timeout.ParameterChoiceCase == InferParameter.ParameterChoiceOneofCase.Int64Param && timeout.Int64Param > 0
            ? TimeSpan.FromMicroseconds(timeout.Int64Param)
            : null;

    private static ModelInferResponse ToResponse(ModelInferRequest request, LoadedVersion version, Tensor[] answer)
    {
        var response = new ModelInferResponse
        {
            ModelName = request.ModelName,
            ModelVersion = version.Version.ToString(CultureInfo.InvariantCulture),
            Id = request.Id,
        };
        foreach (var tensor in answer)
        {
            response.Outputs.Add(new ModelInferResponse.Types.InferOutputTensor { Name = tensor.Name, Datatype = tensor.Datatype.ToName(), Shape = { tensor.Shape } });
            response.RawOutputContents.Add(UnsafeByteOperations.UnsafeWrap(tensor.Raw));
        }

        return response;
    }

    private static ModelMetadataResponse.Types.TensorMetadata Describe(TensorInfo info) =>
        new() { Name = info.Name, Datatype = info.Datatype.ToName(), Shape = { info.Shape } };
}
