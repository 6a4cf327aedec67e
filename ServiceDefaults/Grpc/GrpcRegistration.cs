using Grpc.Core;
using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace CloudNativeAi.ServiceDefaults.Grpc;

public static class GrpcRegistration
{
    /// <summary>Largest gRPC message in either direction, bytes.</summary>
    public const int MaxMessageBytes = 32 * 1024 * 1024;

    internal static void AddGrpcDefaults(this IHostApplicationBuilder builder)
    {
        builder.Services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = MaxMessageBytes;
            options.MaxSendMessageSize = MaxMessageBytes;
            options.Interceptors.Add<ExceptionInterceptor>();
        });
        // One for all calls; else gRPC would make one for each.
        builder.Services.AddSingleton<ExceptionInterceptor>();
        builder.Services.AddGrpcReflection();
    }

    /// <summary>
    /// A gRPC client of another service, found by service discovery at its <c>grpc</c> endpoint.
    /// Calls without a deadline get <see cref="DeadlineInterceptor.DefaultDeadline"/> (streams excepted); UNAVAILABLE is retried.
    /// </summary>
    /// <param name="serviceName">Resource name in the AppHost, such as <c>feature-store</c>.</param>
    public static IHttpClientBuilder AddServiceClient<TClient>(this IServiceCollection services, string serviceName)
        where TClient : ClientBase<TClient>
    {
        services.TryAddTransient<DeadlineInterceptor>();

        return services
            .AddGrpcClient<TClient>(options => options.Address = new Uri($"http://_grpc.{serviceName}"))
            .AddInterceptor<DeadlineInterceptor>()
            .ConfigureChannel(channel =>
            {
                channel.MaxReceiveMessageSize = MaxMessageBytes;
                channel.MaxSendMessageSize = MaxMessageBytes;
                channel.ServiceConfig = RetryUnavailable();
            })
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                EnableMultipleHttp2Connections = true,
                ConnectTimeout = TimeSpan.FromSeconds(5),
                KeepAlivePingDelay = TimeSpan.FromSeconds(30),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
                PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            });
    }

    // Only UNAVAILABLE: the call did not reach the service, or the service said it did nothing.
    private static ServiceConfig RetryUnavailable() => new()
    {
        MethodConfigs =
        {
            new MethodConfig
            {
                Names = { MethodName.Default },
                RetryPolicy = new RetryPolicy
                {
                    MaxAttempts = 4,
                    InitialBackoff = TimeSpan.FromMilliseconds(100),
                    MaxBackoff = TimeSpan.FromSeconds(2),
                    BackoffMultiplier = 2,
                    RetryableStatusCodes = { StatusCode.Unavailable },
                },
            },
        },
        RetryThrottling = new RetryThrottlingPolicy { MaxTokens = 20, TokenRatio = 0.1 },
    };
}
