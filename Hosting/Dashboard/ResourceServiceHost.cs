using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Dashboard;

/// <summary>
/// Serves the state of the resources over gRPC on loopback. Projects with an external endpoint, which people look at, are told where:
/// <c>ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL</c> and <c>DASHBOARD__RESOURCESERVICECLIENT__APIKEY</c>.
/// </summary>
internal sealed class ResourceServiceHost(
    DistributedApplicationModel model, IConfiguration configuration, DistributedApplicationOptions options, IServiceProvider provider) : IAsyncDisposable
{
    public const string ApiKeyHeader = "x-resource-service-api-key";
    private const string UrlVariable = "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL";
    private const string ApiKeyVariable = "DASHBOARD__RESOURCESERVICECLIENT__APIKEY";

    private WebApplication? _application;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.DisableDashboard)
        {
            return;
        }

        var port = configuration[UrlVariable] is { } url && Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri.Port : FreePorts.Take();
        var apiKey = configuration["AppHost:ResourceService:ApiKey"]!;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc(grpc => grpc.Interceptors.Add<ApiKeyInterceptor>(apiKey));
        builder.Services.AddSingleton(provider.GetRequiredService<ResourceNotificationService>());
        builder.Services.AddSingleton(provider.GetRequiredService<ResourceLoggerService>());
        builder.Services.AddSingleton(provider.GetRequiredService<ResourceCommandService>());
        builder.Services.AddSingleton(new ApplicationName(configuration["AppHost:DashboardApplicationName"] ?? "AppHost"));

        _application = builder.Build();
        _application.MapGrpcService<DashboardGrpcService>();
        await _application.StartAsync(cancellationToken);

        foreach (var project in model.Resources.OfType<ProjectResource>().Where(project => project.Annotations.OfType<EndpointAnnotation>().Any(endpoint => endpoint.IsExternal)))
        {
            project.Annotations.Add(new EnvironmentCallbackAnnotation(context =>
            {
                context.EnvironmentVariables[UrlVariable] = FormattableString.Invariant($"http://localhost:{port}");
                context.EnvironmentVariables[ApiKeyVariable] = apiKey;
            }));
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_application is not null)
        {
            await _application.StopAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
        {
            await _application.DisposeAsync();
        }
    }
}

internal sealed record ApplicationName(string Value);
