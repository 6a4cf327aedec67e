using CloudNativeAi.Contracts.OpenInference;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CloudNativeAi.Benchmarks.Inference;

/// <summary>The ceiling: a gRPC server that takes the same message, does nothing, and gives back one of the same size. A process of its own.</summary>
internal static class EchoServer
{
    public const string Argument = "echo-server";

    public static Task<ServiceProcess> StartAsync(CancellationToken cancellationToken) => ServiceProcess.StartAsync("Benchmarks", [], cancellationToken, Argument);

    public static void Run()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        var app = builder.Build();
        app.MapGrpcService<Echo>();
        app.MapGet("/health", () => "ok");
        app.Run();
    }

    internal sealed class Echo : GRPCInferenceService.GRPCInferenceServiceBase
    {
        private static readonly ByteString Score = ByteString.CopyFrom(new byte[sizeof(double)]);

        public override Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) => Task.FromResult(new ModelInferResponse
        {
            ModelName = request.ModelName,
            ModelVersion = "1",
            Id = request.Id,
            Outputs = { new ModelInferResponse.Types.InferOutputTensor { Name = "score", Datatype = "FP64", Shape = { 1, 1 } } },
            RawOutputContents = { Score },
        });
    }
}
