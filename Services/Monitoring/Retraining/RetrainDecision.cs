using System.Globalization;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Monitoring.Alerts;
using CloudNativeAi.Monitoring.Baselines;
using CloudNativeAi.Monitoring.Evaluation;
using CloudNativeAi.Monitoring.Store;
using CloudNativeAi.Monitoring.Telemetry;
using Google.Protobuf;
using Npgsql;
using NpgsqlTypes;

namespace CloudNativeAi.Monitoring.Retraining;

/// <summary>Decides once per alert, in the alert's transaction, whether a new training is asked for.</summary>
internal sealed class RetrainDecision(BaselineStore baselines, TimeProvider timeProvider, MonitoringMetrics metrics)
{
    private const string Insert = """
        INSERT INTO retrain_requests (model_name, alert_id, state, reason, detail, job_request, created_micros) VALUES ($1, $2, $3, $4, $5, $6, $7)
        """;

    private const string Recent = """
        SELECT count(*) FILTER (WHERE created_micros >= $2), coalesce(max(created_micros), 0) FROM retrain_requests
        WHERE model_name = $1 AND state IN ('pending', 'submitted')
        """;

    public async Task DecideAsync(EvaluationTransaction transaction, long alertId, NewAlert alert, CancellationToken cancellationToken)
    {
        var model = alert.Version.ModelName;
        await using var find = transaction.Command("SELECT policy::text FROM retrain_policies WHERE model_name = $1 FOR UPDATE", model);
        var policy = await find.ReadFirstAsync(row => RetrainPolicies.Parser.Parse<RetrainPolicy>(row.GetString(0)), cancellationToken);
        if (policy is not { Enabled: true } || !Asks(policy, alert))
        {
            return;
        }

        var job = await CreateJobAsync(policy, alert, cancellationToken);
        var suppressed = job.Train.FeatureService.Length == 0 || job.Train.Label.Length == 0
            ? "Neither the policy nor the version's signature names a feature service and a label."
            : await FindSuppressionAsync(transaction, policy, cancellationToken);
        var state = suppressed is null ? "pending" : "suppressed";

        await using var insert = transaction.Command(Insert, model, alertId, state, alert.Reason, suppressed ?? "");
        insert.Parameters.Add(new NpgsqlParameter { Value = JsonFormatter.Default.Format(job), NpgsqlDbType = NpgsqlDbType.Jsonb });
        await insert.With(timeProvider.Now()).ExecuteNonQueryAsync(cancellationToken);
        metrics.RecordRetrainRequest(model, state);
    }

    private static bool Asks(RetrainPolicy policy, NewAlert alert) => alert.Kind == NewAlert.Drift
        ? policy.OnDrift && (alert.ScoreDrifted || alert.DriftedShare >= policy.DriftShare)
        : policy.MinimumAuc > 0;

    private async Task<string?> FindSuppressionAsync(EvaluationTransaction transaction, RetrainPolicy policy, CancellationToken cancellationToken)
    {
        var now = timeProvider.Now();
        var today = Micros.Floor(now, Micros.PerDay);
        await using var recent = transaction.Command(Recent, policy.ModelName, today);
        var (requestsToday, last) = await recent.ReadSingleAsync(row => (row.GetInt64(0), row.GetInt64(1)), cancellationToken);
        var cooledDown = last + (policy.CooldownSeconds * 1_000_000);

        return last > 0 && now < cooledDown
            ? string.Create(CultureInfo.InvariantCulture, $"The cool-down of the last request lasts until {Micros.ToInstant(cooledDown):yyyy-MM-ddTHH:mm:ssZ}.")
            : requestsToday >= policy.BudgetPerDay
                ? string.Create(CultureInfo.InvariantCulture, $"The budget of {policy.BudgetPerDay} requests a day is spent.")
                : null;
    }

    private async Task<SubmitJobRequest> CreateJobAsync(RetrainPolicy policy, NewAlert alert, CancellationToken cancellationToken)
    {
        var signature = (await baselines.FindAsync(alert.Version, cancellationToken))?.Signature;
        var train = new TrainSpec
        {
            ModelName = policy.ModelName,
            FeatureService = policy.FeatureService.Length > 0 ? policy.FeatureService : signature?.FeatureService ?? "",
            Label = policy.Label.Length > 0 ? policy.Label : signature?.Label ?? "",
            FromMicros = alert.Window.EndMicros - (policy.TrainingSeconds * 1_000_000),
            ToMicros = alert.Window.EndMicros,
            ValidationShare = policy.ValidationShare,
            Seed = policy.Seed,
            PromoteWhenBetter = policy.PromoteWhenBetter,
            Trainer = policy.Trainer,
        };
        train.HyperParameters.Add(policy.HyperParameters);

        return new SubmitJobRequest
        {
            Train = train,
            IdempotencyKey = string.Create(
                CultureInfo.InvariantCulture,
                $"monitoring/{policy.ModelName}/{alert.Version.Version}/{alert.Kind}/{alert.Window.StartMicros}-{alert.Window.EndMicros}"),
            RequestedBy = "monitoring",
            Reason = alert.Reason,
        };
    }
}
