using CloudNativeAi.Contracts.Hosting;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace CloudNativeAi.Web.Tests.Fakes;

/// <summary>The resource service of an AppHost: six services and a store, one of them not healthy.</summary>
public sealed class FakeAppHost(FlightsWorld world) : DashboardService.DashboardServiceBase
{
    public const string ApiKey = "a-key-of-the-test";

    private static readonly string[] Names = ["ingestion", "feature-store", "training", "model-registry", "inference", "monitoring"];

    public override async Task WatchResources(WatchResourcesRequest request, IServerStreamWriter<WatchResourcesUpdate> responseStream, ServerCallContext context)
    {
        Authorize(context);
        var initial = new InitialResourceData();
        initial.Resources.Add(new Resource
        {
            Name = "postgres", DisplayName = "postgres", ResourceType = "Executable", State = "Running", StartedAt = Timestamp.FromDateTimeOffset(world.Now.AddMinutes(-48)),
            HealthReports = { new HealthReport { Key = "postgres_check", Status = HealthStatus.Healthy } },
        });
        initial.Resources.AddRange(Names.Select((name, index) => new Resource
        {
            Name = name, DisplayName = name, ResourceType = "Project", State = "Running", StartedAt = Timestamp.FromDateTimeOffset(world.Now.AddMinutes(-47)),
            Urls = { new Url { EndpointName = "http", FullUrl = $"http://localhost:{5_100 + index}" } },
            HealthReports = { new HealthReport { Key = $"{name}_http_check", Status = name == "monitoring" ? HealthStatus.Degraded : HealthStatus.Healthy, Description = name == "monitoring" ? "No label for two hours" : "" } },
        }));
        initial.Resources.Add(new Resource { Name = "data", DisplayName = "data", ResourceType = "Parameter", State = "Running", IsHidden = true });
        initial.Resources.Add(new Resource { Name = "flights", DisplayName = "flights", ResourceType = "Project", State = "Exited", StateStyle = "error" });
        await responseStream.WriteAsync(new WatchResourcesUpdate { InitialData = initial });
    }

    public override async Task WatchResourceConsoleLogs(WatchResourceConsoleLogsRequest request, IServerStreamWriter<WatchResourceConsoleLogsUpdate> responseStream, ServerCallContext context)
    {
        Authorize(context);
        if (!Names.Contains(request.ResourceName))
        {
            throw new RpcException(new Status(StatusCode.NotFound, $"There is no resource '{request.ResourceName}'."));
        }

        var update = new WatchResourceConsoleLogsUpdate();
        update.LogLines.Add(new ConsoleLogLine { LineNumber = 1, Text = "info: Microsoft.Hosting.Lifetime[14]" });
        update.LogLines.Add(new ConsoleLogLine { LineNumber = 2, Text = "      Now listening on: http://127.0.0.1:5100" });
        update.LogLines.Add(new ConsoleLogLine { LineNumber = 3, Text = "warn: The event log answers slowly", IsStdErr = true });
        await responseStream.WriteAsync(update);
    }

    private static void Authorize(ServerCallContext context)
    {
        if (context.RequestHeaders.GetValue("x-resource-service-api-key") != ApiKey)
        {
            throw new RpcException(new Status(StatusCode.Unauthenticated, "The key is missing or wrong."));
        }
    }
}
