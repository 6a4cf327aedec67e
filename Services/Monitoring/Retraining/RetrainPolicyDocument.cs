using System.Text.Json.Serialization;
using CloudNativeAi.Contracts.Monitoring;

namespace CloudNativeAi.Monitoring.Retraining;

/// <summary>When Monitoring asks for a new training of a model, and of what. A field that is left out gets its default.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record RetrainPolicyDocument
{
    public bool Enabled { get; init; }

    /// <summary>Ask when the score drifts, or at least <see cref="DriftShare"/> of the features do.</summary>
    public bool OnDrift { get; init; }

    /// <summary>0 to 1; 0 means 0.5.</summary>
    public double DriftShare { get; init; }

    /// <summary>Ask, and raise an alert, when the whole 95 % interval of a window's AUC lies below this; 0: never.</summary>
    public double MinimumAuc { get; init; }

    /// <summary>Least time between two requests, seconds; 0 means 86,400.</summary>
    public long CooldownSeconds { get; init; }

    /// <summary>Requests in a UTC day at most; 0 means 1.</summary>
    public int BudgetPerDay { get; init; }

    /// <summary>Left out: that of the version that drifted.</summary>
    public string FeatureService { get; init; } = "";

    /// <summary>Left out: that of the version that drifted.</summary>
    public string Label { get; init; } = "";

    /// <summary>The training range goes back this far from the end of the window; 0 means 180 days.</summary>
    public long TrainingSeconds { get; init; }

    public double ValidationShare { get; init; }

    public long Seed { get; init; }

    public Dictionary<string, string> HyperParameters { get; init; } = [];

    public bool PromoteWhenBetter { get; init; }

    public string Trainer { get; init; } = "";

    public DateTimeOffset? Updated { get; init; }

    public RetrainPolicy ToContract(string modelName)
    {
        var policy = new RetrainPolicy
        {
            ModelName = modelName,
            Enabled = Enabled,
            OnDrift = OnDrift,
            DriftShare = DriftShare,
            MinimumAuc = MinimumAuc,
            CooldownSeconds = CooldownSeconds,
            BudgetPerDay = BudgetPerDay,
            FeatureService = FeatureService ?? "",
            Label = Label ?? "",
            TrainingSeconds = TrainingSeconds,
            ValidationShare = ValidationShare,
            Seed = Seed,
            PromoteWhenBetter = PromoteWhenBetter,
            Trainer = Trainer ?? "",
        };
        foreach (var (name, value) in HyperParameters ?? [])
        {
            policy.HyperParameters[name] = value ?? "";
        }

        return policy;
    }

    public static RetrainPolicyDocument From(RetrainPolicy policy) => new()
    {
        Enabled = policy.Enabled,
        OnDrift = policy.OnDrift,
        DriftShare = policy.DriftShare,
        MinimumAuc = policy.MinimumAuc,
        CooldownSeconds = policy.CooldownSeconds,
        BudgetPerDay = policy.BudgetPerDay,
        FeatureService = policy.FeatureService,
        Label = policy.Label,
        TrainingSeconds = policy.TrainingSeconds,
        ValidationShare = policy.ValidationShare,
        Seed = policy.Seed,
        HyperParameters = new Dictionary<string, string>(policy.HyperParameters, StringComparer.Ordinal),
        PromoteWhenBetter = policy.PromoteWhenBetter,
        Trainer = policy.Trainer,
        Updated = Micros.ToInstant(policy.UpdatedMicros),
    };
}
