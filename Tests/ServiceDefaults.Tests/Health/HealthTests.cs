using System.Net;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using HealthClient = Grpc.Health.V1.Health.HealthClient;

namespace CloudNativeAi.ServiceDefaults.Tests.Health;

public sealed class HealthTests
{
    [Theory]
    [InlineData("/health")]
    [InlineData("/alive")]
    [InlineData("/metrics")]
    [InlineData("/openapi/v1.json")]
    public async Task Well_service_answers(string path)
    {
        await using var service = await TestService.StartAsync();
        using var client = new HttpClient { BaseAddress = service.Http };

        using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Lost_store_makes_a_service_unready_but_not_dead()
    {
        await using var service = await TestService.StartAsync(
            configure: builder => builder.Services.AddHealthChecks().AddCheck("store", () => HealthCheckResult.Unhealthy("gone")));
        using var client = new HttpClient { BaseAddress = service.Http };

        using var health = await client.GetAsync("/health", TestContext.Current.CancellationToken);
        using var alive = await client.GetAsync("/alive", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
    }

    [Fact]
    public async Task Metrics_are_in_the_Prometheus_format()
    {
        await using var service = await TestService.StartAsync();
        using var client = new HttpClient { BaseAddress = service.Http };
        await client.GetAsync("/alive", TestContext.Current.CancellationToken);

        var metrics = await client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);

        Assert.Contains("# TYPE http_server_request_duration_seconds histogram", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_is_served_over_gRPC()
    {
        await using var service = await TestService.StartAsync();
        using var channel = GrpcChannel.ForAddress(service.Grpc);

        // Published by the health checks some time after the start.
        using var watch = new HealthClient(channel).Watch(new HealthCheckRequest(), cancellationToken: TestContext.Current.CancellationToken);
        var status = HealthCheckResponse.Types.ServingStatus.Unknown;
        while (status != HealthCheckResponse.Types.ServingStatus.Serving && await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
            status = watch.ResponseStream.Current.Status;
        }

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, status);
    }
}
