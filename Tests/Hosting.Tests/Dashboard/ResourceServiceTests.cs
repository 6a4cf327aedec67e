using Aspire.Hosting.Processes;
using CloudNativeAi.Contracts.Hosting;
using CloudNativeAi.Hosting.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;

namespace CloudNativeAi.Hosting.Tests.Dashboard;

public sealed class ResourceServiceTests : IAsyncLifetime
{
    private const string ApiKey = "the-key";
    private static readonly Metadata Headers = new() { { "x-resource-service-api-key", ApiKey } };

    private DistributedApplication _application = null!;
    private GrpcChannel _channel = null!;
    private DashboardService.DashboardServiceClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        var address = FormattableString.Invariant($"http://localhost:{FreePorts.Take()}");
        _application = await TestApplication.StartAsync(
            builder =>
            {
                var secret = builder.AddParameter("secret", "not to be seen", secret: true);
                builder.AddShell("worker", "echo first; echo problem >&2; exec sleep 1000").WithEnvironment("API_PASSWORD", secret);
                builder.AddTestService("service").WithReference(builder.AddTestService("other").WithExplicitStart());
            },
            $"--ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL={address}",
            $"--AppHost:ResourceService:ApiKey={ApiKey}");
        _channel = GrpcChannel.ForAddress(address);
        _client = new DashboardService.DashboardServiceClient(_channel);
        await _application.WaitUntilHealthyAsync("service");
        await _application.WaitForStateAsync("worker", KnownResourceStates.Running);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _application.DisposeAsync();
    }

    [Fact]
    public async Task Key_is_asked_for()
    {
        var exception = await Assert.ThrowsAsync<RpcException>(
            () => _client.GetApplicationInformationAsync(
                new(), new Metadata { { "x-resource-service-api-key", "another" } }, cancellationToken: TestApplication.Patience()).ResponseAsync);

        Assert.Equal(StatusCode.Unauthenticated, exception.StatusCode);
        Assert.Equal("TestAppHost", (await _client.GetApplicationInformationAsync(new(), Headers, cancellationToken: TestApplication.Patience())).ApplicationName);
    }

    [Fact]
    public async Task States_are_sent_at_once_and_at_each_change()
    {
        using var call = _client.WatchResources(new WatchResourcesRequest(), Headers, cancellationToken: TestApplication.Patience());
        Assert.True(await call.ResponseStream.MoveNext(TestApplication.Patience()));
        var initial = call.ResponseStream.Current.InitialData.Resources.ToDictionary(resource => resource.Name);

        await _application.ResourceCommands.ExecuteCommandAsync("worker", "stop", TestApplication.Patience());
        var states = new List<string>();
        while (!states.Contains(KnownResourceStates.Exited) && await call.ResponseStream.MoveNext(TestApplication.Patience()))
        {
            states.AddRange(call.ResponseStream.Current.Changes.Value.Select(change => change.Upsert).Where(resource => resource.Name == "worker").Select(resource => resource.State));
        }

        Assert.Equal(["other", "secret", "service", "worker"], initial.Keys.Order());
        Assert.Equal(("Running", "Project"), (initial["service"].State, initial["service"].ResourceType));
        Assert.Equal(HealthStatus.Healthy, Assert.Single(initial["service"].HealthReports).Status);
        Assert.StartsWith("http://127.0.0.1:", Assert.Single(initial["service"].Urls).FullUrl, StringComparison.Ordinal);
        Assert.Equal("other", Assert.Single(initial["service"].Relationships).ResourceName);
        Assert.Equal("NotStarted", initial["other"].State);
        Assert.Equal(["start"], initial["other"].Commands.Where(command => command.State == CloudNativeAi.Contracts.Hosting.ResourceCommandState.Enabled).Select(command => command.Name));
        Assert.Equal("Exited", states[^1]);
    }

    [Fact]
    public async Task Secrets_are_not_sent()
    {
        using var call = _client.WatchResources(new WatchResourcesRequest(), Headers, cancellationToken: TestApplication.Patience());
        await call.ResponseStream.MoveNext(TestApplication.Patience());
        var resources = call.ResponseStream.Current.InitialData.Resources;

        Assert.DoesNotContain("not to be seen", resources.ToString(), StringComparison.Ordinal);
        Assert.Contains(resources.Single(resource => resource.Name == "worker").Environment, variable => variable.Name == "API_PASSWORD" && variable.Value == "********");
    }

    [Fact]
    public async Task Logs_are_sent_with_their_stream_and_number()
    {
        using var call = _client.WatchResourceConsoleLogs(new WatchResourceConsoleLogsRequest { ResourceName = "worker" }, Headers, cancellationToken: TestApplication.Patience());
        var lines = new List<ConsoleLogLine>();
        while (lines.Count < 2 && await call.ResponseStream.MoveNext(TestApplication.Patience()))
        {
            lines.AddRange(call.ResponseStream.Current.LogLines);
        }

        Assert.Contains(lines, line => line is { Text: "first", IsStdErr: false });
        Assert.Contains(lines, line => line is { Text: "problem", IsStdErr: true });
        Assert.Equal([1, 2], lines.Select(line => line.LineNumber));
    }

    [Fact]
    public async Task Logs_of_an_unknown_resource_are_not_found()
    {
        using var call = _client.WatchResourceConsoleLogs(new WatchResourceConsoleLogsRequest { ResourceName = "nobody" }, Headers, cancellationToken: TestApplication.Patience());

        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestApplication.Patience()));

        Assert.Equal(StatusCode.NotFound, exception.StatusCode);
    }

    [Fact]
    public async Task Resources_are_started_stopped_and_restarted()
    {
        var first = ProcessId("worker");

        Assert.Equal(ResourceCommandResponseKind.Succeeded, await ExecuteAsync("worker", "restart"));
        await _application.WaitForStateAsync("worker", KnownResourceStates.Running);
        var second = ProcessId("worker");
        Assert.Equal(ResourceCommandResponseKind.Succeeded, await ExecuteAsync("worker", "stop"));
        var stopped = _application.State("worker").State?.Text;
        Assert.Equal(ResourceCommandResponseKind.Succeeded, await ExecuteAsync("other", "start"));
        await _application.WaitUntilHealthyAsync("other");

        Assert.NotEqual(first, second);
        Assert.Equal(KnownResourceStates.Exited, stopped);
        Assert.Equal(ResourceCommandResponseKind.Failed, await ExecuteAsync("worker", "dance"));
    }

    private async Task<ResourceCommandResponseKind> ExecuteAsync(string resource, string command) =>
        (await _client.ExecuteResourceCommandAsync(
            new ResourceCommandRequest { ResourceName = resource, CommandName = command }, Headers, cancellationToken: TestApplication.Patience())).Kind;

    private object? ProcessId(string resource) => _application.State(resource).Properties.Single(property => property.Name == "executable.pid").Value;
}
