using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Tests.Application;
using Grpc.Core;
using Npgsql;

namespace CloudNativeAi.Monitoring.Tests.Retraining;

public sealed class RetrainingFunctionalTests(MonitoringApplication application) : IClassFixture<MonitoringApplication>
{
    private static readonly long Start = Sample.Noon - (10 * Sample.Hour);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Drift_asks_once_for_a_training_of_what_the_policy_says()
    {
        application.Platform.PutModel("asking");
        await PutAsync(new RetrainPolicy
        {
            ModelName = "asking", Enabled = true, OnDrift = true, TrainingSeconds = 86_400, Seed = 7, PromoteWhenBetter = true, HyperParameters = { ["num_leaves"] = "31" },
        });

        await application.LogDriftAsync("asking", Start);
        await application.EvaluateQuietlyAsync();
        await application.SendRetrainRequestsAsync();
        await application.SendRetrainRequestsAsync();

        var request = Assert.Single(await application.RetrainRequestsAsync("asking"));
        var alert = Assert.Single(await application.AlertsAsync("asking"));
        var job = Assert.Single(application.Platform.Jobs, job => job.Request.Train.ModelName == "asking");
        Assert.Equal(("submitted", job.Id, alert.Id, alert.Reason), (request.State, request.JobId, request.AlertId, request.Reason));
        // Feature service and label are those of the version that drifted.
        var train = job.Request.Train;
        Assert.Equal(("flight_delay", "late", 7, true, "31"), (train.FeatureService, train.Label, train.Seed, train.PromoteWhenBetter, train.HyperParameters["num_leaves"]));
        Assert.Equal((alert.WindowEndMicros - (24 * Sample.Hour), alert.WindowEndMicros), (train.FromMicros, train.ToMicros));
        Assert.Equal(("monitoring", alert.Reason), (job.Request.RequestedBy, job.Request.Reason));
    }

    [Fact]
    public async Task Requests_keep_the_cool_down_and_the_budget_of_the_day()
    {
        application.Platform.PutModel("eager");
        await PutAsync(new RetrainPolicy { ModelName = "eager", Enabled = true, OnDrift = true, CooldownSeconds = 3_600, BudgetPerDay = 2 });
        var untilNoon = MonitoringApplication.Noon.AddDays(1) - application.Clock.GetUtcNow();
        application.Clock.Advance(untilNoon);

        await application.LogDriftAsync("eager", Start);
        await application.LogDriftAsync("eager", Start + (2 * Sample.Hour));
        application.Clock.Advance(TimeSpan.FromMinutes(60));
        await application.LogDriftAsync("eager", Start + (4 * Sample.Hour));
        application.Clock.Advance(TimeSpan.FromMinutes(60));
        await application.LogDriftAsync("eager", Start + (6 * Sample.Hour));
        application.Clock.Advance(TimeSpan.FromHours(12));
        await application.LogDriftAsync("eager", Start + (8 * Sample.Hour));

        var requests = (await application.RetrainRequestsAsync("eager")).Reverse().ToArray();
        Assert.Equal(["pending", "suppressed", "pending", "suppressed", "pending"], requests.Select(request => request.State));
        Assert.Contains("cool-down", requests[1].Detail, StringComparison.Ordinal);
        Assert.Contains("budget of 2", requests[3].Detail, StringComparison.Ordinal);
        Assert.Equal(5, (await application.AlertsAsync("eager")).Count);
    }

    [Fact]
    public async Task Without_an_enabled_policy_that_asks_for_it_nothing_is_asked()
    {
        foreach (var (model, policy) in new (string, RetrainPolicy?)[]
        {
            ("quiet_none", null),
            ("quiet_disabled", new RetrainPolicy { OnDrift = true }),
            ("quiet_other", new RetrainPolicy { Enabled = true, MinimumAuc = 0.6 }),
            ("quiet_share", new RetrainPolicy { Enabled = true, OnDrift = true, DriftShare = 0.6 }),
        })
        {
            application.Platform.PutModel(model);
            if (policy is not null)
            {
                policy.ModelName = model;
                await PutAsync(policy);
            }

            await application.LogDriftAsync(model, Start);

            Assert.Single(await application.AlertsAsync(model));
            Assert.Empty(await application.RetrainRequestsAsync(model));
        }
    }

    [Fact]
    public async Task Request_waits_while_Training_is_away_and_fails_when_Training_refuses_it()
    {
        await AskAsync("patient");
        application.Platform.TrainingFault = StatusCode.ResourceExhausted;
        await application.SendRetrainRequestsAsync();
        var away = Assert.Single(await application.RetrainRequestsAsync("patient"));
        application.Platform.TrainingFault = StatusCode.FailedPrecondition;
        await application.SendRetrainRequestsAsync();
        application.Platform.TrainingFault = null;
        await application.SendRetrainRequestsAsync();
        var refused = Assert.Single(await application.RetrainRequestsAsync("patient"));

        Assert.Equal("pending", away.State);
        Assert.Equal("failed", refused.State);
        Assert.Contains("FailedPrecondition: On purpose.", refused.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(application.Platform.Jobs, job => job.Request.Train.ModelName == "patient");
    }

    [Fact]
    public async Task Request_whose_answer_was_lost_is_sent_again_and_is_the_same_job()
    {
        await AskAsync("forgetful");
        var before = application.Platform.Submissions;
        await using (await application.BreakAsync("retrain_requests", "UPDATE"))
        {
            await Assert.ThrowsAsync<PostgresException>(application.SendRetrainRequestsAsync);
        }

        await application.RestartAsync();
        await application.SendRetrainRequestsAsync();

        Assert.Equal(before + 2, application.Platform.Submissions);
        var job = Assert.Single(application.Platform.Jobs, job => job.Request.Train.ModelName == "forgetful");
        Assert.Equal(("submitted", job.Id), (Assert.Single(await application.RetrainRequestsAsync("forgetful")).State, (await application.RetrainRequestsAsync("forgetful"))[0].JobId));
    }

    [Fact]
    public async Task Policy_is_kept_with_its_defaults_filled_in_and_a_wrong_one_is_refused()
    {
        var saved = await PutAsync(new RetrainPolicy { ModelName = "defaults", Enabled = true });
        var read = await application.Retraining.GetRetrainPolicyAsync(new GetRetrainPolicyRequest { ModelName = "defaults" }, cancellationToken: CancellationToken);
        var missing = await Assert.ThrowsAsync<RpcException>(
            () => application.Retraining.GetRetrainPolicyAsync(new GetRetrainPolicyRequest { ModelName = "nobody" }, cancellationToken: CancellationToken).ResponseAsync);

        Assert.Equal(saved, read);
        Assert.Equal((0.5, 86_400, 1, 180 * 86_400L), (read.DriftShare, read.CooldownSeconds, read.BudgetPerDay, read.TrainingSeconds));
        Assert.Equal(StatusCode.NotFound, missing.StatusCode);
        await RefusedAsync(policy => policy.ModelName = "", "model_name");
        await RefusedAsync(policy => policy.DriftShare = 1.5, "drift_share");
        await RefusedAsync(policy => policy.DriftShare = double.NaN, "drift_share");
        await RefusedAsync(policy => policy.MinimumAuc = -1, "minimum_auc");
        await RefusedAsync(policy => policy.CooldownSeconds = -1, "cooldown_seconds");
        await RefusedAsync(policy => policy.BudgetPerDay = 101, "budget_per_day");
        await RefusedAsync(policy => policy.TrainingSeconds = long.MaxValue, "training_seconds");
        await RefusedAsync(policy => policy.ValidationShare = 1, "validation_share");
        await RefusedAsync(policy => policy.Trainer = "magic", "trainer");
        await RefusedAsync(policy => policy.HyperParameters[""] = "1", "hyper_parameters");

        async Task RefusedAsync(Action<RetrainPolicy> spoil, string says)
        {
            var policy = new RetrainPolicy { ModelName = "refused" };
            spoil(policy);
            var refusal = await Assert.ThrowsAsync<RpcException>(() => PutAsync(policy));
            Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
            Assert.Contains(says, refusal.Status.Detail, StringComparison.Ordinal);
        }
    }

    private async Task AskAsync(string model)
    {
        application.Platform.PutModel(model);
        await PutAsync(new RetrainPolicy { ModelName = model, Enabled = true, OnDrift = true });
        await application.SendRetrainRequestsAsync();
        await application.LogDriftAsync(model, Start);
    }

    private async Task<RetrainPolicy> PutAsync(RetrainPolicy policy) =>
        await application.Retraining.PutRetrainPolicyAsync(new PutRetrainPolicyRequest { Policy = policy }, cancellationToken: CancellationToken);
}
