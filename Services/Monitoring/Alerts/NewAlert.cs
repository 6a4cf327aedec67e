using CloudNativeAi.Monitoring.Evaluation;

namespace CloudNativeAi.Monitoring.Alerts;

/// <param name="Value">The worst index of the window, or its AUC.</param>
/// <param name="ScoreDrifted">Drift only.</param>
/// <param name="DriftedShare">Drift only: share of the features.</param>
internal sealed record NewAlert(
    ModelVersionKey Version, string Kind, Window Window, string Reason, double Value, double Threshold, bool ScoreDrifted, double DriftedShare)
{
    public const string Drift = "drift";
    public const string Performance = "performance";
}
