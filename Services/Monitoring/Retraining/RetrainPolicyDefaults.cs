using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Validation;

namespace CloudNativeAi.Monitoring.Retraining;

internal static class RetrainPolicyDefaults
{
    private const double DriftShare = 0.5;
    private const int BudgetPerDay = 1;
    private const int MaxBudgetPerDay = 100;
    private const int MaxHyperParameters = 100;
    private const int MaxTextLength = 256;
    private const long SecondsPerDay = 24 * 60 * 60;
    private const long CooldownSeconds = SecondsPerDay;
    private const long TrainingSeconds = 180 * SecondsPerDay;
    private const long MaxSeconds = 3_650 * SecondsPerDay;

    /// <summary>The policy with 0 replaced by what it stands for.</summary>
    public static RetrainPolicy Fill(RetrainPolicy policy)
    {
        var filled = policy.Clone();
        filled.DriftShare = policy.DriftShare == 0 ? DriftShare : policy.DriftShare;
        filled.CooldownSeconds = policy.CooldownSeconds == 0 ? CooldownSeconds : policy.CooldownSeconds;
        filled.BudgetPerDay = policy.BudgetPerDay == 0 ? BudgetPerDay : policy.BudgetPerDay;
        filled.TrainingSeconds = policy.TrainingSeconds == 0 ? TrainingSeconds : policy.TrainingSeconds;
        return filled;
    }

    /// <summary>What is wrong with a policy; null when it can be saved.</summary>
    public static Problem? Check(RetrainPolicy policy) =>
        Rules.ModelName("model_name", policy.ModelName)
        ?? InRange("drift_share", policy.DriftShare, 0, 1)
        ?? InRange("minimum_auc", policy.MinimumAuc, 0, 1)
        ?? InRange("cooldown_seconds", policy.CooldownSeconds, 0, MaxSeconds)
        ?? InRange("budget_per_day", policy.BudgetPerDay, 0, MaxBudgetPerDay)
        ?? Rules.Text("feature_service", policy.FeatureService, MaxTextLength)
        ?? Rules.Text("label", policy.Label, MaxTextLength)
        ?? InRange("training_seconds", policy.TrainingSeconds, 0, MaxSeconds)
        ?? (policy.ValidationShare is >= 0 and < 1 ? null : new Problem("validation_share", "must be at least 0 and below 1."))
        ?? (policy.Trainer is "" or "lightgbm" or "logistic_regression" or "mlp" ? null
            : new Problem("trainer", "must be 'lightgbm', 'logistic_regression', 'mlp' or empty."))
        ?? CheckHyperParameters(policy);

    private static Problem? CheckHyperParameters(RetrainPolicy policy)
    {
        if (policy.HyperParameters.Count > MaxHyperParameters)
        {
            return new Problem("hyper_parameters", $"must have at most {MaxHyperParameters} entries.");
        }

        return policy.HyperParameters
            .Select(entry => Rules.Id("hyper_parameters", entry.Key) ?? Rules.Text($"hyper_parameters[{entry.Key}]", entry.Value, MaxTextLength))
            .FirstOrDefault(problem => problem is not null);
    }

    private static Problem? InRange(string field, double value, double low, double high) =>
        value >= low && value <= high ? null : new Problem(field, $"must be between {low} and {high}, is {value}.");
}
