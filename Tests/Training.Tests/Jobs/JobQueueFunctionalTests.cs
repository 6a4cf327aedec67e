using CloudNativeAi.Contracts.Training;
using CloudNativeAi.ServiceDefaults.Stores;
using CloudNativeAi.TestSupport;
using CloudNativeAi.Training.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CloudNativeAi.Training.Tests.Jobs;

public sealed class JobQueueFunctionalTests(PostgresServer postgres) : IAsyncLifetime
{
    private readonly JobOptions _options = new() { MaxAttempts = 3, RetryDelay = TimeSpan.Zero, MaxQueued = 50 };
    private readonly JobSignal _signal = new();
    private NpgsqlDataSource _dataSource = null!;
    private JobStore _store = null!;
    private JobQueue _queue = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var connectionString = await postgres.CreateDatabaseAsync();
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["ConnectionStrings:training"] = connectionString;
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddMigrations<Program>("training");
        using (var host = builder.Build())
        {
            await host.StartAsync(Token);
            await host.StopAsync(Token);
        }

        _dataSource = NpgsqlDataSource.Create(connectionString);
        _store = new JobStore(_dataSource, _signal, Options.Create(_options));
        _queue = new JobQueue(_dataSource, Options.Create(_options));
    }

    public async ValueTask DisposeAsync()
    {
        _signal.Dispose();
        await _dataSource.DisposeAsync();
    }

    [Fact]
    public async Task Jobs_are_taken_in_order_and_each_once_by_concurrent_workers()
    {
        var submitted = new List<string>();
        for (var number = 0; number < 20; number++)
        {
            submitted.Add((await SubmitAsync()).Id);
        }

        var taken = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => _queue.TakeAsync(Token)));

        Assert.Equal(submitted.Order(), taken.OfType<LeasedJob>().Select(job => job.Id.ToString()).Order());
        Assert.Null(await _queue.TakeAsync(Token));
    }

    [Fact]
    public async Task Oldest_first()
    {
        var first = await SubmitAsync();
        await SubmitAsync();

        Assert.Equal(first.Id, (await _queue.TakeAsync(Token))!.Id.ToString());
    }

    [Fact]
    public async Task The_same_key_names_the_same_job_also_when_asked_at_once()
    {
        var jobs = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => SubmitAsync("monday")));
        var other = await SubmitAsync("tuesday");

        Assert.Single(jobs.Select(job => job.Id).Distinct());
        Assert.NotEqual(jobs[0].Id, other.Id);
        Assert.Equal(2, (await _store.ListAsync("", 10, Token)).Count);
    }

    [Fact]
    public async Task A_full_queue_takes_no_more_but_still_knows_its_keys()
    {
        _options.MaxQueued = 2;
        var first = await SubmitAsync("a");
        await SubmitAsync("b");

        Assert.Null(await _store.SubmitAsync(TrainingHost.Train(), Token));
        Assert.Equal(first.Id, (await SubmitAsync("a")).Id);
    }

    [Fact]
    public async Task A_job_of_a_dead_worker_is_taken_by_another_and_the_dead_one_can_write_no_more()
    {
        await SubmitAsync();
        var dead = (await _queue.TakeAsync(Token))!;
        Assert.Null(await _queue.TakeAsync(Token));
        await ExpireAsync(dead);

        var living = (await _queue.TakeAsync(Token))!;

        Assert.Equal((dead.Id, 2), (living.Id, living.Job.Attempt));
        Assert.Equal(HeartbeatAnswer.LeaseLost, await _queue.HeartbeatAsync(dead, "late", 0.9, new JobResult(), Token));
        Assert.False(await _queue.EndAsync(dead, JobState.Succeeded, "done", "", new JobResult { ModelVersion = 99 }, Token));
        Assert.True(await _queue.EndAsync(living, JobState.Succeeded, "done", "", new JobResult { ModelVersion = 5 }, Token));
        Assert.Equal(5, (await FindAsync(living)).ModelVersion);
    }

    [Fact]
    public async Task A_job_that_kills_its_workers_is_given_up()
    {
        await SubmitAsync();
        LeasedJob? taken = null;
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            taken = (await _queue.TakeAsync(Token))!;
            Assert.Equal(attempt, taken.Job.Attempt);
            await ExpireAsync(taken);
        }

        Assert.Null(await _queue.TakeAsync(Token));
        var job = await FindAsync(taken!);
        Assert.Equal(JobState.Failed, job.State);
        Assert.Contains("died 3 times", job.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_attempt_found_is_there_for_the_next()
    {
        await SubmitAsync();
        var first = (await _queue.TakeAsync(Token))!;
        await _queue.HeartbeatAsync(first, "train", 0.6, new JobResult { TrainingSetDigest = "abc", RunId = "run-1" }, Token);
        await ExpireAsync(first);

        var second = (await _queue.TakeAsync(Token))!;

        Assert.Equal(("abc", "run-1", 0.0), (second.Job.TrainingSetDigest, second.Job.RunId, second.Job.Progress));
    }

    [Fact]
    public async Task A_failure_that_may_pass_is_retried_a_bounded_number_of_times()
    {
        await SubmitAsync();
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            var taken = (await _queue.TakeAsync(Token))!;
            Assert.Equal(attempt < 3, await _queue.RetryLaterAsync(taken, "The registry is away.", new JobResult(), Token));
        }

        var job = Assert.Single(await _store.ListAsync("delay", 10, Token));
        Assert.Equal((JobState.Failed, "The registry is away. Tried 3 times."), (job.State, job.Error));
    }

    [Fact]
    public async Task Retries_wait_longer_each_time()
    {
        _options.RetryDelay = TimeSpan.FromSeconds(5);
        await SubmitAsync();
        var taken = (await _queue.TakeAsync(Token))!;

        await _queue.RetryLaterAsync(taken, "away", new JobResult(), Token);

        Assert.Null(await _queue.TakeAsync(Token));
        Assert.InRange(await ScalarAsync<double>("SELECT extract(epoch FROM available_at - now())::double precision FROM jobs"), 4, 5);
    }

    [Fact]
    public async Task A_released_job_is_taken_again_without_counting_the_attempt()
    {
        await SubmitAsync();
        await _queue.ReleaseAsync((await _queue.TakeAsync(Token))!, new JobResult(), Token);

        Assert.Equal(1, (await _queue.TakeAsync(Token))!.Job.Attempt);
    }

    [Fact]
    public async Task A_job_that_is_put_back_keeps_its_rows_and_its_run_without_a_heartbeat()
    {
        await SubmitAsync();
        var reached = new JobResult { TrainingSetDigest = "rows", RunId = "run" };

        await _queue.ReleaseAsync((await _queue.TakeAsync(Token))!, reached, Token);
        var released = (await _queue.TakeAsync(Token))!;
        await _queue.RetryLaterAsync(released, "away", reached, Token);
        var retried = (await _queue.TakeAsync(Token))!.Job;

        Assert.Equal(("rows", "run"), (released.Job.TrainingSetDigest, released.Job.RunId));
        Assert.Equal(("rows", "run"), (retried.TrainingSetDigest, retried.RunId));
    }

    [Fact]
    public async Task A_queued_job_is_cancelled_at_once_and_a_running_one_is_told()
    {
        var running = await SubmitAsync();
        var lease = (await _queue.TakeAsync(Token))!;
        var queued = await SubmitAsync();

        var cancelledQueued = await _store.CancelAsync(Guid.Parse(queued.Id), Token);
        var cancelledRunning = await _store.CancelAsync(Guid.Parse(running.Id), Token);

        Assert.Equal(JobState.Cancelled, cancelledQueued!.State);
        Assert.Equal(JobState.Running, cancelledRunning!.State);
        Assert.Equal(HeartbeatAnswer.Cancel, await _queue.HeartbeatAsync(lease, "train", 0.5, new JobResult(), Token));
        Assert.Null(await _store.CancelAsync(Guid.NewGuid(), Token));
    }

    [Fact]
    public async Task A_cancelled_job_of_a_dead_worker_is_not_begun_again()
    {
        var job = await SubmitAsync();
        var lease = (await _queue.TakeAsync(Token))!;
        await _store.CancelAsync(Guid.Parse(job.Id), Token);
        await ExpireAsync(lease);

        Assert.Null(await _queue.TakeAsync(Token));
        Assert.Equal(JobState.Cancelled, (await FindAsync(lease)).State);
    }

    [Fact]
    public async Task Jobs_survive_a_power_cut_of_the_database()
    {
        // A server of its own: the other classes work on the shared one at the same time.
        await using var server = new PostgresServer();
        await server.InitializeAsync();
        await using var before = new JobQueueFunctionalTests(server);
        await before.InitializeAsync();
        var job = await before.SubmitAsync("power");

        await server.KillAndRestartAsync();
        before._dataSource.Clear();

        Assert.Equal(job.Id, (await before.SubmitAsync("power")).Id);
        Assert.Equal(job.Id, (await before._queue.TakeAsync(Token))!.Id.ToString());
    }

    private async Task<Job> SubmitAsync(string key = "")
    {
        var request = TrainingHost.Train();
        request.IdempotencyKey = key;
        return (await _store.SubmitAsync(request, Token))!;
    }

    private async Task<Job> FindAsync(LeasedJob job) => (await _store.FindAsync(job.Id, Token))!.Job;

    private async Task ExpireAsync(LeasedJob job)
    {
        await using var command = _dataSource.CreateCommand("UPDATE jobs SET lease_until = now() - interval '1 second' WHERE id = $1");
        command.Parameters.Add(new() { Value = job.Id });
        await command.ExecuteNonQueryAsync(Token);
    }

    private async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = _dataSource.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Token))!;
    }
}
