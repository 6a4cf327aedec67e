using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.TestSupport;
using Grpc.Core;

namespace CloudNativeAi.Ingestion.Tests.EventLog;

public sealed class CrashFunctionalTests : IAsyncLifetime
{
    // Its own server: the others' tests would not survive what is done to it.
    private readonly PostgresServer _postgres = new();

    public ValueTask InitializeAsync() => _postgres.InitializeAsync();

    public ValueTask DisposeAsync() => _postgres.DisposeAsync();

    [Fact]
    public async Task No_acknowledged_event_is_lost_and_none_doubled_when_postgres_is_killed_under_load()
    {
        await using var host = await IngestionHost.StartAsync(_postgres);
        await host.DeclareAsync();
        var acknowledged = 0;
        var failures = 0;

        // Each writer sends its batches in order and repeats one until it is acknowledged, as every client must.
        var writers = Parallel.ForAsync(0, 4, TestContext.Current.CancellationToken, async (writer, cancellationToken) =>
        {
            for (var batch = 0; batch < 60; batch++)
            {
                var first = (writer * 100_000) + (batch * 100);
                while (!await TryIngestAsync(host, Flights.Batch(first, 100)))
                {
                    Interlocked.Increment(ref failures);
                    await Task.Delay(50, cancellationToken);
                }

                Interlocked.Add(ref acknowledged, 100);
            }
        });
        for (var kill = 0; kill < 2; kill++)
        {
            var atLeast = (kill + 1) * 4_000;
            while (Volatile.Read(ref acknowledged) < atLeast && !writers.IsCompleted)
            {
                await Task.Delay(5, TestContext.Current.CancellationToken);
            }

            await _postgres.KillAndRestartAsync();
        }

        await writers;

        Assert.True(failures > 0, "The server was killed, but no writer noticed.");
        var events = await host.ReadAllAsync();
        Assert.Equal(24_000, events.Count);
        Flights.AssertReconciled(await host.StatusAsync(), events);
    }

    private static async Task<bool> TryIngestAsync(IngestionHost host, IngestEventsRequest request)
    {
        try
        {
            await host.IngestAsync(request);
            return true;
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unavailable)
        {
            return false;
        }
    }
}
