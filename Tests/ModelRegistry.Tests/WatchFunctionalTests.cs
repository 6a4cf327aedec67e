using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.ModelRegistry.Watching;
using CloudNativeAi.TestSupport;
using Grpc.Core;
using Npgsql;

namespace CloudNativeAi.ModelRegistry.Tests;

public sealed class WatchFunctionalTests(PostgresServer postgres) : IAsyncLifetime
{
    private RegistryHost _registry = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _registry = await RegistryHost.StartAsync(postgres);

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    [Fact]
    public async Task Watcher_sees_the_present_state_and_then_each_change()
    {
        await _registry.Client.RegisterAsync("churn", Uploads.Distinct(1));
        using var watch = _registry.Client.WatchModels(new WatchModelsRequest(), cancellationToken: Cancelled);

        var present = await NextAsync(watch);
        await _registry.Client.SetAliasAsync(Uploads.Alias("churn", "champion", 1), cancellationToken: Cancelled);
        var changed = await NextAsync(watch);

        Assert.Equal(1, present.LatestVersion);
        Assert.Empty(present.Aliases);
        Assert.Equal(1, changed.Aliases["champion"]);
        Assert.True(changed.Revision > present.Revision);
    }

    [Fact]
    public async Task Watcher_of_one_model_sees_no_other()
    {
        await _registry.Client.RegisterAsync("fraud", Uploads.Distinct(1));
        using var watch = _registry.Client.WatchModels(new WatchModelsRequest { ModelName = "churn" }, cancellationToken: Cancelled);
        await watch.ResponseHeadersAsync;

        await _registry.Client.RegisterAsync("fraud", Uploads.Distinct(2));
        await _registry.Client.RegisterAsync("churn", Uploads.Distinct(3));

        Assert.Equal("churn", (await NextAsync(watch)).ModelName);
    }

    [Fact]
    public async Task Watch_goes_on_after_the_listening_connection_was_lost()
    {
        await _registry.Client.RegisterAsync("churn", Uploads.Distinct(1));
        using var watch = _registry.Client.WatchModels(new WatchModelsRequest(), cancellationToken: Cancelled);
        await NextAsync(watch);

        await using (var connection = new NpgsqlConnection(_registry.ConnectionString))
        {
            await connection.OpenAsync(Cancelled);
            await using var terminate = new NpgsqlCommand(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()", connection);
            await terminate.ExecuteNonQueryAsync(Cancelled);
        }

        await _registry.Client.SetAliasAsync(Uploads.Alias("churn", "champion", 1), cancellationToken: Cancelled);

        Assert.Equal(1, (await NextAsync(watch)).Aliases["champion"]);
    }

    [Fact]
    public void Slow_reader_gets_the_newest_state_once()
    {
        var watcher = new ModelWatcher("");
        for (var revision = 1; revision <= 1_000; revision++)
        {
            watcher.Offer([new ModelState { ModelName = "churn", Revision = revision }]);
        }

        // A late, stale read of the same model is not news.
        watcher.Offer([new ModelState { ModelName = "churn", Revision = 7 }]);

        Assert.True(watcher.TryTake(out var state));
        Assert.Equal(1_000, state.Revision);
        Assert.False(watcher.TryTake(out _));
    }

    [Fact]
    public async Task Open_watch_does_not_delay_the_shutdown()
    {
        using var watch = _registry.Client.WatchModels(new WatchModelsRequest(), cancellationToken: Cancelled);
        await watch.ResponseHeadersAsync;

        await _registry.StopAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), Cancelled);
    }

    private static async Task<ModelState> NextAsync(AsyncServerStreamingCall<ModelState> watch)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        timeout.CancelAfter(TimeSpan.FromSeconds(12));
        Assert.True(await watch.ResponseStream.MoveNext(timeout.Token));
        return watch.ResponseStream.Current;
    }
}
