using CloudNativeAi.Contracts.Hosting;
using CloudNativeAi.ServiceDefaults.Grpc;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CloudNativeAi.ServiceDefaults.Tests.Grpc;

public sealed class ServiceClientTests
{
    [Fact]
    public async Task Service_is_found_by_name_at_its_gRPC_endpoint()
    {
        await using var service = await TestService.StartAsync(_ => "found");
        using var host = CreateHost(service);
        var client = host.Services.GetRequiredService<DashboardService.DashboardServiceClient>();

        var response = await client.GetApplicationInformationAsync(new(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("found", response.ApplicationName);
    }

    [Fact]
    public async Task HTTP_endpoint_is_found_by_name()
    {
        await using var service = await TestService.StartAsync();
        using var host = CreateHost(service);
        using var client = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient();

        var answer = await client.GetStringAsync("http://_http.feature-store/alive", TestContext.Current.CancellationToken);

        Assert.Equal("Healthy", answer);
    }

    [Fact]
    public async Task Call_without_a_deadline_gets_one()
    {
        var deadline = DateTime.MaxValue;
        await using var service = await TestService.StartAsync(context =>
        {
            deadline = context.Deadline;
            return "";
        });
        using var host = CreateHost(service);
        var client = host.Services.GetRequiredService<DashboardService.DashboardServiceClient>();

        var before = DateTime.UtcNow;
        await client.GetApplicationInformationAsync(new(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.InRange(deadline - before, TimeSpan.Zero, DeadlineInterceptor.DefaultDeadline + TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData(StatusCode.Unavailable, 3)]
    [InlineData(StatusCode.Internal, 1)]
    public async Task Only_what_surely_did_nothing_is_tried_again(StatusCode failure, int expectedCalls)
    {
        var calls = 0;
        await using var service = await TestService.StartAsync(_ => Interlocked.Increment(ref calls) < 3 ? throw new RpcException(new Status(failure, "not now")) : "at last");
        using var host = CreateHost(service);
        var client = host.Services.GetRequiredService<DashboardService.DashboardServiceClient>();

        var exception = await Record.ExceptionAsync(() => client.GetApplicationInformationAsync(new(), cancellationToken: TestContext.Current.CancellationToken).ResponseAsync);

        Assert.Equal(expectedCalls, calls);
        Assert.Equal(failure == StatusCode.Unavailable, exception is null);
    }

    // As the AppHost tells a service where another is.
    private static IHost CreateHost(TestService service)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["services:feature-store:http:0"] = service.Http.ToString(),
            ["services:feature-store:grpc:0"] = service.Grpc.ToString(),
        });
        builder.AddServiceDefaults();
        builder.Services.AddServiceClient<DashboardService.DashboardServiceClient>("feature-store");
        return builder.Build();
    }
}
