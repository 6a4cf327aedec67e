using System.Text.RegularExpressions;
using CloudNativeAi.Deployment.Tests.Support;
using CloudNativeAi.TestSupport;
using Npgsql;

namespace CloudNativeAi.Deployment.Tests.Cluster;

/// <summary>The tests that look at one run of the chart's pods.</summary>
[CollectionDefinition(Name)]
public sealed class ClusterCollection : ICollectionFixture<RunningChart>
{
    public const string Name = "Cluster";
}

/// <summary>
/// All services of the chart, run from their images with exactly the environment, user, volumes and limits that its documents give them;
/// ingestion and inference with 256 MiB and half a core. PostgreSQL and Redis are this machine's, as with <c>connections.yaml</c>.
/// Started when first asked for.
/// </summary>
public sealed partial class RunningChart : IAsyncLifetime
{
    private static readonly string[] Programs = ["docker-registry", "skopeo", "umoci", "runc", "ip"];
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly PublishedChart _chart;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("cluster-");
    private readonly PostgresServer _postgres = new();
    private readonly RedisServer _redis = new();
    private readonly Dictionary<string, RunningPod> _pods = [];
    private readonly Lazy<Task<PublishedImages>> _images = new(() => PublishedImages.PublishAsync(CancellationToken.None));
    private readonly Lazy<Task> _started;
    private PodNetwork? _network;

    public RunningChart(PublishedChart chart)
    {
        _chart = chart;
        _started = new Lazy<Task>(StartPodsAsync);
    }

    internal IReadOnlyDictionary<string, RunningPod> Pods => _pods;

    /// <summary>The images; skips the test where a program is missing.</summary>
    internal async Task<PublishedImages> ImagesAsync()
    {
        Require("docker-registry", "skopeo", "umoci");
        return await _images.Value;
    }

    /// <summary>Every pod runs and is ready; skips the test where a program is missing, or where it is not root who asks.</summary>
    public async Task StartAsync()
    {
        Require(Programs);
        Assert.SkipUnless(Environment.UserName == "root", "Only root can make network namespaces and containers here.");
        await KubernetesTools.RequireAsync();
        await _started.Value;
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var pod in _pods.Values)
        {
            await pod.DisposeAsync();
        }

        if (_network is not null)
        {
            await _network.DisposeAsync();
        }

        if (_started.IsValueCreated)
        {
            await _redis.DisposeAsync();
            await _postgres.DisposeAsync();
        }

        if (_images is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await _images.Value).DisposeAsync();
        }

        _directory.Delete(recursive: true);
    }

    private async Task StartPodsAsync()
    {
        using var timeout = new CancellationTokenSource(Longest);
        var images = await _images.Value;
        await _postgres.InitializeAsync();
        await _redis.InitializeAsync();
        _network = await PodNetwork.CreateAsync(Path.Combine(_directory.FullName, "hosts"));
        var values = Path.Combine(_directory.FullName, "values.yaml");
        await File.WriteAllTextAsync(values, await ValuesAsync());
        var rendering = await _chart.RenderAsync("this machine's stores", "--values", values);

        // In the order of the graph, each when what its init containers wait for is there.
        string[] order = ["ingestion", "feature-store", "model-registry", "training", "monitoring", "inference", "web"];
        Assert.Equal(order.Order(), rendering.Of("Deployment").Select(deployment => deployment.Component).Order());
        foreach (var name in order)
        {
            var pod = PodTemplate.Of(rendering.Get("Deployment", $"{name}-deployment"))!;
            foreach (var wait in pod.InitContainers.SelectMany(container => Json.Texts(container["args"])).Select(argument => Wait().Match(argument)))
            {
                Assert.True(wait.Success, $"An init container of {name} does something else than wait for a port.");
                await _network.WaitAsync(wait.Groups["host"].Value, int.Parse(wait.Groups["port"].Value, System.Globalization.CultureInfo.InvariantCulture), timeout.Token);
            }

            _pods[name] = await RunningPod.StartAsync(pod, rendering, images, _network, Path.Combine(_directory.FullName, name));
        }

        foreach (var pod in _pods.Values)
        {
            await pod.WaitUntilReadyAsync(timeout.Token);
        }
    }

    private async Task<string> ValuesAsync()
    {
        Dictionary<string, string> databases = new()
        {
            ["event_log"] = "ingestion", ["feature_definitions"] = "features", ["training_jobs"] = "training", ["model_versions"] = "registry", ["prediction_log"] = "monitoring",
        };
        var lines = new List<string> { "stores: {postgres: {enabled: false}, online_store: {enabled: false}}", "connectionStrings:" };
        var port = 0;
        foreach (var (resource, database) in databases)
        {
            var connection = new NpgsqlConnectionStringBuilder(await _postgres.CreateDatabaseAsync(database));
            port = connection.Port;
            lines.Add($"  {resource}: \"Host=postgres.example;Port={port};Username=postgres;Database={database}\"");
        }

        var redis = StackExchange.Redis.ConfigurationOptions.Parse(_redis.ConnectionString).EndPoints.OfType<System.Net.IPEndPoint>().Single().Port;
        lines.Add($"  online_store: \"redis.example:{redis}\"");
        lines.Add("resources:");
        lines.AddRange(((string[])["ingestion", "inference"]).Select(service =>
            $"  {service}: {{requests: {{cpu: 250m, memory: 256Mi}}, limits: {{cpu: 500m, memory: 256Mi}}}}"));
        await _network!.OpenAsync("postgres.example", port);
        await _network.OpenAsync("redis.example", redis);
        return string.Join('\n', lines);
    }

    private static void Require(params string[] programs)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var missing = programs.Where(program => !path.Any(folder => File.Exists(Path.Combine(folder, program)))).ToList();
        Assert.SkipWhen(missing.Count > 0, $"Not installed: {string.Join(", ", missing)}.");
    }

    [GeneratedRegex(@"until nc -z -w 2 (?<host>\S+) (?<port>\d+); do")]
    private static partial Regex Wait();
}
