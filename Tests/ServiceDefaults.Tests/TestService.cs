using System.Net;
using CloudNativeAi.Contracts.Hosting;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CloudNativeAi.ServiceDefaults.Tests;

/// <summary>A service with the defaults of all services, at a port for HTTP and one for gRPC.</summary>
internal sealed class TestService : IAsyncDisposable
{
    private readonly WebApplication _application;

    private TestService(WebApplication application)
    {
        _application = application;
        // In the order in which they were asked for.
        Http = new Uri(application.Urls.First());
        Grpc = new Uri(application.Urls.Last());
    }

    public Uri Http { get; }

    public Uri Grpc { get; }

    public IServiceProvider Services => _application.Services;

    /// <param name="answer">What the service's unary and streaming calls do.</param>
    /// <param name="configure">More services, such as health checks.</param>
    public static async Task<TestService> StartAsync(Func<ServerCallContext, string>? answer = null, Action<IHostApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.AddServiceDefaults();
        builder.Logging.ClearProviders();
        builder.Logging.AddFakeLogging();
        builder.Services.AddSingleton(new Answer(answer ?? (_ => "")));
        configure?.Invoke(builder);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });

        var application = builder.Build();
        application.MapDefaultEndpoints();
        application.MapGrpcService<Answering>();
        await application.StartAsync(TestContext.Current.CancellationToken);
        return new TestService(application);
    }

    public DashboardService.DashboardServiceClient Client() => new(GrpcChannel.ForAddress(Grpc));

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private sealed record Answer(Func<ServerCallContext, string> Function);

    private sealed class Answering(Answer answer) : DashboardService.DashboardServiceBase
    {
        public override Task<ApplicationInformationResponse> GetApplicationInformation(ApplicationInformationRequest request, ServerCallContext context) =>
            Task.FromResult(new ApplicationInformationResponse { ApplicationName = answer.Function(context) });

        public override Task WatchResources(WatchResourcesRequest request, IServerStreamWriter<WatchResourcesUpdate> responseStream, ServerCallContext context)
        {
            answer.Function(context);
            return Task.CompletedTask;
        }
    }
}
