using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CloudNativeAi.Contracts.Training;
using CloudNativeAi.TestSupport;
using CloudNativeAi.Training.Tests.Fakes;
using Grpc.Core;

namespace CloudNativeAi.Training.Tests.Jobs;

public sealed class TrainingJobsFunctionalTests(PostgresServer postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_running_job_is_cancelled_while_another_service_keeps_it_waiting()
    {
        await using var host = await TrainingHost.StartAsync(postgres);
        var reached = new TaskCompletionSource();
        host.Services.FeatureStore.BeforeCreate = async token =>
        {
            reached.SetResult();
            await Task.Delay(Timeout.Infinite, token);
        };
        var job = await host.Jobs.SubmitJobAsync(TrainingHost.Train(), cancellationToken: Token);
        await reached.Task;

        await host.Jobs.CancelJobAsync(new CancelJobRequest { Id = job.Id }, cancellationToken: Token);
        var (ended, _) = await host.FollowAsync(job.Id);

        Assert.Equal((JobState.Cancelled, ""), (ended.State, ended.Error));
        Assert.Empty(host.Services.Registry.Versions);
    }

    [Fact]
    public async Task A_host_that_stops_hands_its_job_to_another()
    {
        await using var host = await TrainingHost.StartAsync(postgres);
        var reached = new TaskCompletionSource();
        host.Services.FeatureStore.BeforeCreate = async token =>
        {
            if (reached.TrySetResult())
            {
                await Task.Delay(Timeout.Infinite, token);
            }
        };
        var job = await host.Jobs.SubmitJobAsync(TrainingHost.Train(), cancellationToken: Token);
        await reached.Task;

        await host.StopAsync();
        var other = host.StartAnother();
        var (ended, _) = await other.FollowAsync(job.Id);
        await other.StopAsync();

        Assert.Equal((JobState.Succeeded, 1), (ended.State, ended.Attempt));
    }

    [Fact]
    public async Task A_process_for_one_job_runs_one_and_ends_while_another_only_queues()
    {
        await using var host = await TrainingHost.StartAsync(postgres, builder => builder.UseSetting("Jobs:Concurrency", "0"));
        var first = await host.Jobs.SubmitJobAsync(TrainingHost.Train(), cancellationToken: Token);
        var second = await host.Jobs.SubmitJobAsync(TrainingHost.Train(), cancellationToken: Token);
        Assert.Equal(2, await WaitingAsync());

        var once = host.StartAnother(builder => builder.UseSetting("Jobs:RunOnce", "true"));
        await once.WaitUntilStoppingAsync(Token);
        await once.StopAsync();

        Assert.Equal(JobState.Succeeded, (await host.Jobs.GetJobAsync(new GetJobRequest { Id = first.Id }, cancellationToken: Token)).State);
        Assert.Equal(JobState.Queued, (await host.Jobs.GetJobAsync(new GetJobRequest { Id = second.Id }, cancellationToken: Token)).State);
        Assert.Equal(1, await WaitingAsync());

        async Task<long> WaitingAsync() => (await host.Http.GetFromJsonAsync<JsonElement>("/v1/jobs/queue", Token)).GetProperty("waiting").GetInt64();
    }

    [Fact]
    public async Task A_process_for_one_job_ends_at_once_when_none_waits()
    {
        await using var host = await TrainingHost.StartAsync(postgres, builder => builder.UseSetting("Jobs:RunOnce", "true"));

        await host.WaitUntilStoppingAsync(Token);
    }

    [Fact]
    public async Task A_worker_that_hangs_past_its_lease_loses_the_job_and_stops()
    {
        await using var host = await TrainingHost.StartAsync(postgres);
        var (held, released) = (new TaskCompletionSource(), new TaskCompletionSource());
        host.Services.FeatureStore.BeforeCreate = async token =>
        {
            if (held.TrySetResult())
            {
                await using var registration = token.Register(() => released.TrySetResult());
                await Task.Delay(Timeout.Infinite, token);
            }
        };
        var job = await host.Jobs.SubmitJobAsync(TrainingHost.Train(), cancellationToken: Token);
        await held.Task;

        // As if another process had taken it: the token is no longer ours.
        await using (var dataSource = Npgsql.NpgsqlDataSource.Create(host.ConnectionString))
        await using (var command = dataSource.CreateCommand("UPDATE jobs SET lease_token = gen_random_uuid(), lease_until = now()"))
        {
            await command.ExecuteNonQueryAsync(Token);
        }

        await released.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        var (ended, _) = await host.FollowAsync(job.Id);

        Assert.Equal((JobState.Succeeded, 2), (ended.State, ended.Attempt));
        Assert.Single(host.Services.Registry.Versions);
    }

    public static TheoryData<string, Action<SubmitJobRequest>, string> BadRequests => new()
    {
        { "no spec", request => request.ClearSpec(), "Either 'train' or 'evaluate'" },
        { "no model", request => request.Train.ModelName = "", "train.model_name must have" },
        { "model name", request => request.Train.ModelName = "../delay", "must be letters, digits" },
        { "no service", request => request.Train.FeatureService = "", "train.feature_service" },
        { "no label", request => request.Train.Label = "", "train.label" },
        { "empty range", request => request.Train.ToMicros = request.Train.FromMicros, "before to_micros" },
        { "year 10000", request => request.Train.ToMicros = 253_402_300_800_000_001, "year 9999" },
        { "share", request => request.Train.ValidationShare = 0.95, "validation_share" },
        { "share NaN", request => request.Train.ValidationShare = double.NaN, "validation_share" },
        { "seed", request => request.Train.Seed = -1, "train.seed" },
        { "trainer", request => request.Train.Trainer = "oracle", "lightgbm, logistic_regression, mlp" },
        { "parameter", request => request.Train.HyperParameters["num_leaves"] = "many", "num_leaves" },
        { "parameter name", request => request.Train.HyperParameters["tree_learner"] = "serial", "no hyper-parameter 'tree_learner'" },
        { "key", request => request.IdempotencyKey = new string('k', 257), "idempotency_key" },
        { "reason", request => request.Reason = new string('r', 2_001), "reason" },
        { "version", request => request.Evaluate = new EvaluateSpec { ModelName = "delay", FromMicros = 1, ToMicros = 2 }, "evaluate.version" },
    };

    [Theory]
    [MemberData(nameof(BadRequests), DisableDiscoveryEnumeration = true)]
    public async Task Bad_requests_are_refused_with_the_field_that_is_wrong(string name, Action<SubmitJobRequest> change, string message)
    {
        await using var host = await TrainingHost.StartAsync(postgres);
        var request = TrainingHost.Train();
        change(request);

        var exception = await Assert.ThrowsAsync<RpcException>(async () => await host.Jobs.SubmitJobAsync(request, cancellationToken: Token));

        Assert.Equal(StatusCode.InvalidArgument, exception.StatusCode);
        Assert.Contains(message, exception.Status.Detail, StringComparison.Ordinal);
        Assert.NotEmpty(name);
        Assert.Empty((await host.Jobs.ListJobsAsync(new ListJobsRequest(), cancellationToken: Token)).Jobs);
    }

    [Fact]
    public async Task Unknown_jobs_malformed_ids_and_page_sizes_are_refused()
    {
        await using var host = await TrainingHost.StartAsync(postgres);

        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(async () => await host.Jobs.GetJobAsync(new GetJobRequest { Id = Guid.NewGuid().ToString() }, cancellationToken: Token))).StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(async () => await host.Jobs.GetJobAsync(new GetJobRequest { Id = "7" }, cancellationToken: Token))).StatusCode);
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(async () => await host.Jobs.CancelJobAsync(new CancelJobRequest { Id = Guid.NewGuid().ToString() }, cancellationToken: Token))).StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(async () => await host.Jobs.ListJobsAsync(new ListJobsRequest { PageSize = 1_001 }, cancellationToken: Token))).StatusCode);
    }

    [Fact]
    public async Task Jobs_can_be_submitted_read_listed_and_cancelled_over_http()
    {
        await using var host = await TrainingHost.StartAsync(postgres, builder => builder.UseSetting("Jobs:PollInterval", "00:05:00"));
        host.Services.FeatureStore.BeforeCreate = token => Task.Delay(Timeout.Infinite, token);
        var body = new
        {
            train = new { modelName = "delay", featureService = "delays", label = "late", fromMicros = 1_400_000_000_000_000, toMicros = 1_400_000_000_000_000 + (3_000 * FakeFeatureStore.Minute), hyperParameters = new { num_leaves = "8" } },
            idempotencyKey = "http",
            reason = "by hand",
        };

        var response = await host.Http.PostAsJsonAsync("/v1/jobs", body, Token);
        var again = await host.Http.PostAsJsonAsync("/v1/jobs", body, Token);
        var job = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        var read = await host.Http.GetFromJsonAsync<JsonElement>(response.Headers.Location, Token);
        var list = await host.Http.GetFromJsonAsync<JsonElement>("/v1/jobs?model=delay", Token);
        var cancelled = await host.Http.PostAsync(new Uri($"/v1/jobs/{job.GetProperty("id").GetString()}/cancel", UriKind.Relative), null, Token);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(response.Headers.Location, again.Headers.Location);
        Assert.Equal("8", read.GetProperty("request").GetProperty("train").GetProperty("hyperParameters").GetProperty("num_leaves").GetString());
        Assert.Equal(1, list.GetProperty("jobs").GetArrayLength());
        Assert.Equal(HttpStatusCode.OK, cancelled.StatusCode);
    }

    [Theory]
    [InlineData("""{ "train": { "modelName": "x" } }""")]
    [InlineData("""{ "train": 5 }""")]
    [InlineData("""{}""")]
    [InlineData("""not json""")]
    public async Task Bad_bodies_are_400(string body)
    {
        await using var host = await TrainingHost.StartAsync(postgres);

        var response = await host.Http.PostAsync(new Uri("/v1/jobs", UriKind.Relative), new StringContent(body, System.Text.Encoding.UTF8, "application/json"), Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Http.GetAsync(new Uri($"/v1/jobs/{Guid.NewGuid()}", UriKind.Relative), Token)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Http.GetAsync(new Uri("/v1/jobs?pageSize=0", UriKind.Relative), Token)).StatusCode);
    }
}
