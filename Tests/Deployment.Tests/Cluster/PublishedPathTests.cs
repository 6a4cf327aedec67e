using System.Globalization;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Flights.Data;
using CloudNativeAi.Flights.Replay;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace CloudNativeAi.Deployment.Tests.Cluster;

/// <summary>What is published runs as what is developed: the whole path in the containers of the chart.</summary>
[Collection(ClusterCollection.Name)]
public sealed class PublishedPathTests(RunningChart chart)
{
    private const int Grpc = 8081;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_whole_path_runs_as_any_user_of_group_0_and_containers_end_when_they_are_asked_to()
    {
        await chart.StartAsync();
        foreach (var (name, pod) in chart.Pods)
        {
            Assert.Equal(Enumerable.Repeat(pod.User.ToString(CultureInfo.InvariantCulture), 4), await pod.StatusAsync("Uid"));
            Assert.Equal(["0", "0", "0", "0"], await pod.StatusAsync("Gid"));
            Assert.Equal(["0000000000000000"], await pod.StatusAsync("CapEff"));
            Assert.True(name.Length > 0 && !pod.HasExited, pod.Log);
        }

        var channels = chart.Pods.Where(pod => pod.Key != "web").ToDictionary(pod => pod.Key, pod => pod.Value.Channel(Grpc));
        var asked = await PlayAsync(channels);

        var log = await new Sources.SourcesClient(channels["ingestion"]).ListSourcesAsync(new ListSourcesRequest(), cancellationToken: CancellationToken);
        var stores = await new Materialization.MaterializationClient(channels["feature-store"]).GetStatusAsync(new GetStatusRequest(), cancellationToken: CancellationToken);
        Assert.All(asked.Events, sent =>
        {
            Assert.Equal(sent.Value, log.Sources.Single(status => status.Source.Name == sent.Key).HeadPosition);
            Assert.Equal(sent.Value, stores.Sources.Single(status => status.Source == sent.Key).OfflineRows);
        });
        await WaitUntilLoggedAsync(channels, asked);
        await AssertPageAsync();

        foreach (var name in (string[])["ingestion", "inference"])
        {
            var (peak, limit) = await chart.Pods[name].MemoryAsync();
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: at most {peak >> 20} of {limit >> 20} MiB");
            Assert.Equal(256L << 20, limit);
            Assert.False(chart.Pods[name].HasExited, chart.Pods[name].Log);
        }

        foreach (var channel in channels.Values)
        {
            channel.Dispose();
        }

        foreach (var (name, pod) in chart.Pods.Reverse())
        {
            Assert.True(await pod.StopAsync(TimeSpan.FromSeconds(45)) == 0, $"{name}: {pod.Log}");
        }
    }

    private static async Task<(Dictionary<string, int> Events, int Predictions, long Labels)> PlayAsync(Dictionary<string, GrpcChannel> channels)
    {
        var data = GeneratedFlights.Generate(seed: 42, days: 27, flightsPerDay: 102);
        var timeline = new Timeline(data);
        var services = FlightServices.At(name => channels[name]);
        var retry = new Retry(TimeProvider.System, NullLogger<Retry>.Instance);
        var sender = new EventSender(services, retry);
        var training = new ModelTraining(services, retry, TimeProvider.System, NullLogger<ModelTraining>.Instance);

        await new FlightDefinitions(services, retry).ApplyAsync(CancellationToken);
        await new HistoryLoader(services, sender, retry, NullLogger<HistoryLoader>.Instance).LoadAsync(timeline, data.HistoryUntil, CancellationToken);
        await training.EnsureChampionAsync(data.Flights[0].ScheduledDeparture - Timeline.PredictionLead, data.HistoryUntil, CancellationToken);

        var until = data.HistoryUntil + Instant.Day;
        var asked = 0;
        var replayer = new Replayer(services, sender, retry) { Begin = data.HistoryUntil, Predicted = (_, _, _) => Interlocked.Increment(ref asked) };
        var played = await replayer.PlayStepAsync(timeline, data.HistoryUntil, until, CancellationToken);
        Assert.Equal(played.Predictions, asked);
        return (timeline.Events(-1, until).CountBy(known => known.Source).ToDictionary(), asked, played.Labels);
    }

    private static async Task WaitUntilLoggedAsync(Dictionary<string, GrpcChannel> channels, (Dictionary<string, int> Events, int Predictions, long Labels) asked)
    {
        var monitoring = new ModelMonitoring.ModelMonitoringClient(channels["monitoring"]);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        ModelHealth health;
        do
        {
            health = await monitoring.GetModelHealthAsync(new GetModelHealthRequest { ModelName = FlightDefinitions.ModelName }, cancellationToken: timeout.Token);
        }
        while (health.Predictions < asked.Predictions && await timer.WaitForNextTickAsync(timeout.Token));

        Assert.True(asked.Predictions > 50, $"Only {asked.Predictions} predictions were asked for.");
        Assert.Equal((asked.Predictions, asked.Labels), ((int)health.Predictions, health.Labels));
    }

    private async Task AssertPageAsync()
    {
        using var client = new HttpClient();
        var page = await client.GetStringAsync($"http://{chart.Pods["web"].Address}:8080/", CancellationToken);
        Assert.Contains("<h1", page, StringComparison.Ordinal);
    }
}
