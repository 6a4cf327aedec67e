using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Tests.Application;
using CloudNativeAi.TestSupport;
using Grpc.Core;
using Npgsql;

namespace CloudNativeAi.Monitoring.Tests.Evaluation;

public sealed class WholeServiceFunctionalTests(PostgresServer postgres)
{
    [Fact(Timeout = 60_000)]
    public async Task Service_left_to_itself_finds_the_drift_and_asks_for_a_training()
    {
        var token = TestContext.Current.CancellationToken;
        await using var application = new MonitoringApplication(postgres) { RunsByItself = true };
        await application.InitializeAsync();
        application.Platform.PutModel("alone");
        await application.Retraining.PutRetrainPolicyAsync(
            new PutRetrainPolicyRequest { Policy = new RetrainPolicy { ModelName = "alone", Enabled = true, OnDrift = true } }, cancellationToken: token);
        var start = Micros.Floor(Micros.From(DateTimeOffset.UtcNow), Sample.Hour) - (3 * Sample.Hour);

        await application.LogAsync(Sample.HourOf("alone", start, 400, drifted: true));
        await application.LogAsync([Sample.Prediction("alone-closing", "alone", start + (2 * Sample.Hour))]);
        var job = await application.Platform.FirstJob.WaitAsync(token);

        Assert.Equal("alone", job.Request.Train.ModelName);
        Assert.Equal(start + Sample.Hour, Assert.Single(await application.AlertsAsync("alone")).WindowEndMicros);
    }

    [Fact]
    public async Task Killed_database_costs_no_prediction_and_no_label_and_doubles_none()
    {
        await using var server = new PostgresServer();
        await server.InitializeAsync();
        await using var application = new MonitoringApplication(server);
        await application.InitializeAsync();
        application.Platform.PutModel("killed");
        var parts = Sample.HourOf("killed", Sample.Noon - (6 * Sample.Hour), 1_000).Chunk(100).ToArray();

        for (var part = 0; part < parts.Length; part++)
        {
            LabelRecord[] labels = [.. parts[part].Select(row => Sample.Label(row.PredictionId, 1, Sample.Noon - 1))];
            var underWay = Task.WhenAll(
                IsDoneAsync(application.EvaluateAsync), IsDoneAsync(() => application.LogAsync(parts[part])), IsDoneAsync(() => application.LogAsync(labels)));
            if (part == 5)
            {
                await server.KillAndRestartAsync();
            }

            // Whoever got no answer sends again, and whoever got one may do so as well.
            await underWay;
            await RepeatedAsync(() => application.LogAsync(parts[part]));
            await RepeatedAsync(() => application.LogAsync(labels));
        }

        await RepeatedAsync(application.EvaluateAsync);

        var health = await application.HealthAsync("killed");
        Assert.Equal((1_000, 1_000, 0), (health.Predictions, health.LabelsJoined, health.PredictionsPending));
        Assert.Equal(1_000, await application.CountAsync("SELECT sample FROM drift_windows"));
        Assert.Equal(1_000, await application.CountAsync("SELECT predictions FROM model_versions"));
        Assert.Equal(1_000, await application.CountAsync("SELECT labels_joined FROM model_versions"));
        Assert.Equal(1_000, await application.CountAsync("SELECT count(DISTINCT prediction_id) FROM labelled_predictions"));
        Assert.Equal(1_000, await application.CountAsync("SELECT count(*) FROM labelled_predictions"));
    }

    private static async Task RepeatedAsync(Func<Task> act)
    {
        for (var attempt = 0; !await IsDoneAsync(act); attempt++)
        {
            Assert.True(attempt < 100, "The service did not find its database again.");
        }
    }

    private static async Task<bool> IsDoneAsync(Func<Task> act)
    {
        try
        {
            await act();
            return true;
        }
        catch (Exception exception) when (exception is RpcException or NpgsqlException)
        {
            return false;
        }
    }
}
