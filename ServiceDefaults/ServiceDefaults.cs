using CloudNativeAi.ServiceDefaults.Grpc;
using CloudNativeAi.ServiceDefaults.Health;
using CloudNativeAi.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Scalar.AspNetCore;

namespace Microsoft.Extensions.Hosting;

/// <summary>What every service has: telemetry, health, service discovery, resilience, gRPC and OpenAPI.</summary>
public static class ServiceDefaults
{
    /// <summary>Largest request body of a service that does not set its own limit, bytes.</summary>
    public const int MaxRequestBodyBytes = 32 * 1024 * 1024;

    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.AddTelemetry();
        builder.AddHealth();
        builder.AddGrpcDefaults();

        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddServiceDiscovery();
        builder.Services.AddProblemDetails();
        // A request that cannot be bound is the client's fault in development, too, where binding throws.
        builder.Services.AddExceptionHandler(options => options.StatusCodeSelector = exception =>
            exception is Microsoft.AspNetCore.Http.BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError);
        builder.Services.AddOpenApi();
        builder.Services.Configure<KestrelServerOptions>(options => options.Limits.MaxRequestBodySize = MaxRequestBodyBytes);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(20));

        builder.Services.ConfigureHttpClientDefaults(http => http.AddServiceDiscovery());

        return builder;
    }

    /// <summary>Maps /health, /alive, /metrics, /openapi, /scalar, grpc.health.v1 and gRPC reflection.</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        // gRPC says what failed in its own way (ExceptionInterceptor), and need not pass through pages.
        app.UseWhen(context => !IsGrpc(context.Request), pages => pages.UseExceptionHandler().UseStatusCodePages());
        app.MapHealth();
        app.MapPrometheusScrapingEndpoint();
        app.MapOpenApi();
        app.MapScalarApiReference();
        app.MapGrpcHealthChecksService();
        app.MapGrpcReflectionService();

        return app;
    }

    private static bool IsGrpc(HttpRequest request) => request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) is true;
}
