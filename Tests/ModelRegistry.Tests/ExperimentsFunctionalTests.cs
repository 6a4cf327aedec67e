using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.TestSupport;
using Grpc.Core;

namespace CloudNativeAi.ModelRegistry.Tests;

public sealed class ExperimentsFunctionalTests(PostgresServer postgres) : IAsyncLifetime
{
    private RegistryHost _registry = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _registry = await RegistryHost.StartAsync(postgres);

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    [Fact]
    public async Task Run_keeps_parameters_and_the_latest_value_of_each_metric()
    {
        var run = await _registry.Runs.CreateRunAsync(new CreateRunRequest { Experiment = "flights", Parameters = { ["trees"] = "200" } }, cancellationToken: Cancelled);
        var log = new LogRunRequest
        {
            RunId = run.RunId,
            Metrics =
            {
                new Metric { Key = "auc", Value = 0.6, Step = 1, TimestampMicros = 20 },
                new Metric { Key = "auc", Value = 0.7, Step = 2, TimestampMicros = 10 },
                new Metric { Key = "loss", Value = double.NaN, Step = 1, TimestampMicros = 10 },
            },
            Tags = { ["by"] = "schedule" },
        };

        await _registry.Runs.LogRunAsync(log, cancellationToken: Cancelled);
        await _registry.Runs.LogRunAsync(log, cancellationToken: Cancelled);
        var finished = await _registry.Runs.FinishRunAsync(new FinishRunRequest { RunId = run.RunId, Status = RunStatus.Finished }, cancellationToken: Cancelled);

        Assert.Equal(RunStatus.Finished, finished.Status);
        Assert.True(finished.EndedMicros >= finished.StartedMicros);
        Assert.Equal(0.7, finished.Metrics["auc"]);
        Assert.True(double.IsNaN(finished.Metrics["loss"]));
        Assert.Equal("200", finished.Parameters["trees"]);
        Assert.Equal("schedule", finished.Tags["by"]);
        Assert.Equal(finished, Assert.Single((await _registry.Runs.ListRunsAsync(new ListRunsRequest { Experiment = "flights" }, cancellationToken: Cancelled)).Runs));
    }

    [Fact]
    public async Task Same_idempotency_key_is_the_same_run()
    {
        var request = new CreateRunRequest { Experiment = "flights", IdempotencyKey = "job-1" };
        var runs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _registry.Runs.CreateRunAsync(request, cancellationToken: Cancelled).ResponseAsync));
        var other = await _registry.Runs.CreateRunAsync(new CreateRunRequest { Experiment = "other", IdempotencyKey = "job-1" }, cancellationToken: Cancelled);

        Assert.Single(runs.Select(run => run.RunId).Distinct());
        Assert.NotEqual(runs[0].RunId, other.RunId);
    }

    [Fact]
    public async Task Parameter_is_written_once_and_the_conflicting_call_logs_nothing()
    {
        var run = await _registry.Runs.CreateRunAsync(new CreateRunRequest { Experiment = "flights", Parameters = { ["trees"] = "200" } }, cancellationToken: Cancelled);

        await _registry.Runs.LogRunAsync(new LogRunRequest { RunId = run.RunId, Parameters = { ["trees"] = "200" } }, cancellationToken: Cancelled);
        var conflict = new LogRunRequest { RunId = run.RunId, Parameters = { ["trees"] = "100", ["leaves"] = "31" }, Tags = { ["x"] = "y" } };
        var refused = await Assert.ThrowsAsync<RpcException>(() => _registry.Runs.LogRunAsync(conflict, cancellationToken: Cancelled).ResponseAsync);

        var stored = await _registry.Runs.GetRunAsync(new GetRunRequest { RunId = run.RunId }, cancellationToken: Cancelled);
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Contains("trees", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal("200", Assert.Single(stored.Parameters).Value);
        Assert.Empty(stored.Tags);
    }

    [Fact]
    public async Task Ended_run_keeps_its_status()
    {
        var run = await _registry.Runs.CreateRunAsync(new CreateRunRequest { Experiment = "flights" }, cancellationToken: Cancelled);
        var first = await _registry.Runs.FinishRunAsync(new FinishRunRequest { RunId = run.RunId, Status = RunStatus.Failed }, cancellationToken: Cancelled);

        var again = await _registry.Runs.FinishRunAsync(new FinishRunRequest { RunId = run.RunId, Status = RunStatus.Failed }, cancellationToken: Cancelled);
        var refused = await Assert.ThrowsAsync<RpcException>(() => _registry.Runs.FinishRunAsync(new FinishRunRequest { RunId = run.RunId, Status = RunStatus.Finished }, cancellationToken: Cancelled).ResponseAsync);

        Assert.Equal(first, again);
        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
    }

    [Fact]
    public async Task Bad_call_is_refused()
    {
        var noExperiment = await Assert.ThrowsAsync<RpcException>(() => _registry.Runs.CreateRunAsync(new CreateRunRequest(), cancellationToken: Cancelled).ResponseAsync);
        var noRun = await Assert.ThrowsAsync<RpcException>(() => _registry.Runs.LogRunAsync(new LogRunRequest { RunId = "none" }, cancellationToken: Cancelled).ResponseAsync);
        var tooMany = new LogRunRequest { RunId = "none" };
        tooMany.Metrics.Add(Enumerable.Range(0, 10_001).Select(step => new Metric { Key = "a", Step = step }));
        var refused = await Assert.ThrowsAsync<RpcException>(() => _registry.Runs.LogRunAsync(tooMany, cancellationToken: Cancelled).ResponseAsync);
        var running = await Assert.ThrowsAsync<RpcException>(() => _registry.Runs.FinishRunAsync(new FinishRunRequest { RunId = "none", Status = RunStatus.Running }, cancellationToken: Cancelled).ResponseAsync);

        Assert.Equal(
            [StatusCode.InvalidArgument, StatusCode.NotFound, StatusCode.InvalidArgument, StatusCode.InvalidArgument],
            [noExperiment.StatusCode, noRun.StatusCode, refused.StatusCode, running.StatusCode]);
    }
}
