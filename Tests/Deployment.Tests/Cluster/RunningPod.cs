using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using CloudNativeAi.Deployment.Tests.Support;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace CloudNativeAi.Deployment.Tests.Cluster;

/// <summary>A pod's container, run by runc.</summary>
internal sealed class RunningPod : IAsyncDisposable
{
    private readonly JsonObject _container;
    private readonly string _id;
    private readonly string _state;
    private readonly string _log;
    private readonly Process _process;

    private RunningPod(JsonObject container, string id, string state, string log, Process process, IPAddress address, int user)
    {
        _container = container;
        _id = id;
        _state = state;
        _log = log;
        _process = process;
        Address = address;
        User = user;
    }

    public IPAddress Address { get; }

    /// <summary>The user that was assigned to the container.</summary>
    public int User { get; }

    public bool HasExited => _process.HasExited;

    public string Log => File.ReadAllText(_log);

    /// <param name="directory">Where the pod's bundle, volumes and log are; made here.</param>
    public static async Task<RunningPod> StartAsync(PodTemplate pod, Rendering chart, PublishedImages images, PodNetwork network, string directory)
    {
        var container = pod.Containers.Single();
        var name = container.Text("name")!;
        var service = chart.Of("Service").Single(service => Json.Selects(service.Spec["selector"], pod.Labels));
        var (space, address) = await network.AddAsync(service.Name);
        var bundle = Path.Combine(Directory.CreateDirectory(directory).FullName, "bundle");
        var user = Random.Shared.Next(1_000_650_000, 1_000_750_000);
        await images.UnpackAsync(container.Text("image")!, bundle);
        var config = await File.ReadAllTextAsync(Path.Combine(bundle, PodBundle.Configuration));
        var (id, state, log) = ($"{Path.GetFileName(space)}-{name}", Path.Combine(directory, "state"), Path.Combine(directory, "log"));

        // Those of the service's own image; the others only wait.
        foreach (var first in pod.InitContainers.Where(first => first.Text("image") == container.Text("image")))
        {
            using var ended = await RunAsync(first);
            await ended.WaitForExitAsync();
            Assert.True(ended.ExitCode == 0, $"{first.Text("name")} of {name} ended with {ended.ExitCode}: {await File.ReadAllTextAsync(log)}");
        }

        return new RunningPod(container, id, state, log, await RunAsync(container), address, user);

        async Task<Process> RunAsync(JsonObject which)
        {
            await PodBundle.ConfigureAsync(
                bundle, JsonNode.Parse(config)!.AsObject(), pod, which, chart, user, space, network.Hosts, Path.Combine(directory, "volumes"));
            return Process.Start("/bin/sh", ["-c", "exec runc --root \"$1\" run --bundle \"$2\" \"$3\" >\"$4\" 2>&1 </dev/null", "sh", state, bundle, id, log]);
        }
    }

    public GrpcChannel Channel(int port) => GrpcChannel.ForAddress($"http://{Address}:{port}", new GrpcChannelOptions
    {
        MaxReceiveMessageSize = 64 << 20,
        MaxSendMessageSize = 64 << 20,
    });

    /// <summary>Waits until the container's own readiness probe succeeds.</summary>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!await IsReadyAsync(cancellationToken))
        {
            Assert.False(HasExited, $"{_id} ended with {(HasExited ? _process.ExitCode : 0)}: {Log}");
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    /// <summary>Asks the container to stop and waits as long as a kubelet would.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync(TimeSpan grace)
    {
        await Command.OutputAsync("runc", "--root", _state, "kill", _id, "TERM");
        await _process.WaitForExitAsync().WaitAsync(grace);
        return _process.ExitCode;
    }

    /// <summary>A line of <c>/proc/PID/status</c> of the container's process.</summary>
    public async Task<string[]> StatusAsync(string field)
    {
        var state = JsonNode.Parse(await Command.OutputAsync("runc", "--root", _state, "state", _id));
        var lines = await File.ReadAllLinesAsync($"/proc/{state.Text("pid")}/status");
        return lines.Single(line => line.StartsWith($"{field}:", StringComparison.Ordinal)).Split('\t', StringSplitOptions.RemoveEmptyEntries)[1..];
    }

    /// <summary>Most memory that the container had, and its limit, in bytes.</summary>
    public async Task<(long Peak, long Limit)> MemoryAsync()
    {
        var usage = JsonNode.Parse(await Command.OutputAsync("runc", "--root", _state, "events", "--stats", _id)).At("data.memory.usage");
        return ((long)usage!["max"]!, (long)usage["limit"]!);
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasExited)
        {
            await Command.RunAsync("runc", ["--root", _state, "delete", "--force", _id]);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        var probe = _container["readinessProbe"]!;
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        attempt.CancelAfter(TimeSpan.FromSeconds(3));
        try
        {
            if (probe["grpc"] is { } grpc)
            {
                using var channel = Channel((int)(long)grpc["port"]!);
                var health = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), cancellationToken: attempt.Token);
                return health.Status == HealthCheckResponse.Types.ServingStatus.Serving;
            }

            var port = Json.Items(_container["ports"]).Single(port => port.Text("name") == probe.Text("httpGet.port")).Text("containerPort");
            using var client = new HttpClient();
            using var response = await client.GetAsync($"http://{Address}:{port}{probe.Text("httpGet.path")}", attempt.Token);
            return response.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is RpcException or HttpRequestException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }
}
