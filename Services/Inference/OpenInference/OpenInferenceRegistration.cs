using CloudNativeAi.Inference.Caching;
using CloudNativeAi.Inference.Telemetry;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.OpenInference;

internal static class OpenInferenceRegistration
{
    public static void AddOpenInference(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<OpenInferenceOptions, OpenInferenceOptionsValidator>().BindConfiguration(OpenInferenceOptions.Section);
        builder.AddAbortedCallLogging();
        // Both wires bound a request themselves, and can say so: Kestrel would close the connection.
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        builder.Services.AddOptions<GrpcServiceOptions<OpenInferenceGrpcService>>().Configure<IOptions<OpenInferenceOptions>>((grpc, limits) =>
        {
            grpc.MaxReceiveMessageSize = limits.Value.MaxRequestBytes;
            grpc.MaxSendMessageSize = null;
        });
        builder.Services.AddOptionsWithValidateOnStart<ResponseCacheOptions, ResponseCacheOptionsValidator>().BindConfiguration(ResponseCacheOptions.Section);
        builder.Services.AddSingleton<ResponseCache>();
        builder.Services.AddSingleton<InferenceEngine>();
        builder.Services.AddSingleton<ModelDescriptions>();
        // It has no state: one serves all calls.
        builder.Services.AddSingleton<OpenInferenceGrpcService>();
    }

    public static void MapOpenInference(this WebApplication app) => app.MapGrpcService<OpenInferenceGrpcService>();
}
