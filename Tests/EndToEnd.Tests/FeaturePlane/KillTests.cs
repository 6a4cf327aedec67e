using System.Diagnostics;
using System.Globalization;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.EndToEnd.Tests.Path;
using CloudNativeAi.Flights.Replay;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace CloudNativeAi.EndToEnd.Tests.FeaturePlane;

/// <summary>
/// While events are loaded, a service or a store is killed in each round at a random count of acknowledged events. The environment variable
/// ROUNDS sets the number of rounds, SEED repeats a run.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Events = 200_000;
    private const int BatchSize = 500;
    private const int Senders = 2;

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(8);

    private readonly Retry _retry = new(TimeProvider.System, NullLogger<Retry>.Instance);
    private long _accepted;
    private long _acknowledged;

    [Fact]
    public async Task No_acknowledged_event_is_lost_or_doubled_whatever_is_killed_when()
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(Longest);
        var (rounds, seed) = (Setting("ROUNDS", 20), Setting("SEED", Environment.TickCount));
        output.WriteLine($"{rounds} rounds, seed {seed}");
        var random = new Random(seed);
        var readings = Readings.Create(Events, random);

        await using var plane = await FeaturePlaneProcesses.StartAsync(timeout.Token);
        await plane.Sources.PutSourceAsync(new PutSourceRequest { Source = Readings.Declaration }, cancellationToken: timeout.Token);
        await plane.Definitions.ApplyDefinitionsAsync(new ApplyDefinitionsRequest { Yaml = Readings.Yaml }, cancellationToken: timeout.Token);
        foreach (var (round, part) in readings.Chunk((Events + rounds - 1) / rounds).Index())
        {
            await PlayRoundAsync(plane, round, part, random, timeout.Token);
        }

        await AssertLogAsync(plane, timeout.Token);
        await AssertStoresAsync(plane, readings, timeout.Token);
    }

    // The victim dies with batches in flight; the rest of the round is sent while it is away and comes back.
    private async Task PlayRoundAsync(FeaturePlaneProcesses plane, int round, Reading[] readings, Random random, CancellationToken cancellationToken)
    {
        var victim = plane.Victims[random.Next(plane.Victims.Count)];
        var moment = Interlocked.Read(ref _acknowledged) + random.Next(1, readings.Length - (Senders * BatchSize));
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var started = Stopwatch.GetTimestamp();
        var sending = SendAsync(plane, readings, acknowledged => _ = acknowledged >= moment && reached.TrySetResult(), cancellationToken);

        await await Task.WhenAny(reached.Task, sending);
        await victim.KillAndRestartAsync(cancellationToken);
        var back = Stopwatch.GetElapsedTime(started);
        await sending;
        output.WriteLine($"round {round + 1}: {victim.Name} killed at {moment:N0} acknowledged, back after {back.TotalSeconds:N1} s, all sent after {Stopwatch.GetElapsedTime(started).TotalSeconds:N1} s");
    }

    private Task SendAsync(FeaturePlaneProcesses plane, Reading[] readings, Action<long> acknowledged, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            readings.Chunk(BatchSize),
            new ParallelOptions { MaxDegreeOfParallelism = Senders, CancellationToken = cancellationToken },
            async (batch, token) =>
            {
                var request = new IngestEventsRequest { Source = Readings.Source, OnInvalid = OnInvalid.DeadLetter };
                request.Events.AddRange(batch.SelectMany(Readings.ToEvents));
                var response = await _retry.RunAsync(
                    "sending readings", attempt => plane.Events.IngestEventsAsync(request, deadline: DateTime.UtcNow.AddSeconds(20), cancellationToken: attempt).ResponseAsync, token);
                Interlocked.Add(ref _accepted, response.Accepted);
                acknowledged(Interlocked.Add(ref _acknowledged, batch.Length));
            });

    private async Task AssertLogAsync(FeaturePlaneProcesses plane, CancellationToken cancellationToken)
    {
        var status = await plane.Sources.GetSourceAsync(new GetSourceRequest { Name = Readings.Source }, cancellationToken: cancellationToken);
        output.WriteLine($"received {status.Received:N0}, accepted {status.HeadPosition:N0} ({_accepted:N0} in answers), duplicates {status.Duplicates:N0}, dead letters {status.DeadLetters:N0}");
        Assert.Equal(Events, status.HeadPosition);
        Assert.Equal(Events / Readings.InvalidEvery, status.DeadLetters);
        Assert.Equal(0, status.Refused);
        Assert.Equal(status.Received, status.HeadPosition + status.Duplicates + status.DeadLetters);

        var ids = new HashSet<string>(Events, StringComparer.Ordinal);
        long position = 0;
        using var log = plane.EventLog.ReadEvents(new ReadEventsRequest { Source = Readings.Source }, cancellationToken: cancellationToken);
        await foreach (var batch in log.ResponseStream.ReadAllAsync(cancellationToken))
        {
            foreach (var logged in batch.Events)
            {
                Assert.Equal(++position, logged.Position);
                Assert.True(ids.Add(logged.Id), $"{logged.Id} is there twice.");
            }
        }

        Assert.True(ids.SetEquals(Enumerable.Range(0, Events).Select(Readings.IdOf)), "The log has not the events that were sent.");
    }

    private async Task AssertStoresAsync(FeaturePlaneProcesses plane, Reading[] readings, CancellationToken cancellationToken)
    {
        await _retry.RunAsync(
            "waiting for the stores",
            token => plane.Materialization.WaitForPositionAsync(new WaitForPositionRequest { Source = Readings.Source, Position = Events }, cancellationToken: token).ResponseAsync,
            cancellationToken);
        var status = await plane.Materialization.GetStatusAsync(new GetStatusRequest(), cancellationToken: cancellationToken);
        Assert.Equal(Events, Assert.Single(status.Sources).OfflineRows);
        Assert.All(status.FeatureViews, view => Assert.Equal(readings.DistinctBy(reading => reading.Sensor).Count(), view.Entities));
        Assert.Equal((Events, Events), await DeltaTableRows.CountAsync(plane.TableOf(Readings.Source), cancellationToken));

        var expected = Readings.Expected(readings);
        var online = await plane.Retrieval.GetOnlineFeaturesAsync(Readings.OnlineRequest(), cancellationToken: cancellationToken);
        var offline = await plane.TrainingSets.GetHistoricalFeaturesAsync(Readings.OfflineRequest(), cancellationToken: cancellationToken);
        Readings.AssertSame(expected, online.Values());
        Readings.AssertSame(expected, offline.Values());
        Assert.Equal(offline.Columns, online.Columns);
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
