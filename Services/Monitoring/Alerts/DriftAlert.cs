using System.Globalization;
using CloudNativeAi.Monitoring.Drift;
using CloudNativeAi.Monitoring.Evaluation;

namespace CloudNativeAi.Monitoring.Alerts;

internal static class DriftAlert
{
    private const int Named = 5;

    /// <summary>Null when nothing drifted. The last figure is the score's.</summary>
    public static NewAlert? Of(ModelVersionKey version, Window window, long sample, IReadOnlyList<DriftFigure> figures)
    {
        var drifted = figures.Where(figure => figure.Level == DriftFigure.Drift).OrderByDescending(Worst).ToList();
        if (drifted.Count == 0)
        {
            return null;
        }

        var features = figures.Count - 1;
        var scoreDrifted = figures[^1].Level == DriftFigure.Drift;
        var driftedFeatures = drifted.Count - (scoreDrifted ? 1 : 0);
        var named = string.Join(", ", drifted.Take(Named).Select(Describe));
        var more = drifted.Count > Named ? $" and {drifted.Count - Named} more" : "";
        var reason = string.Create(
            CultureInfo.InvariantCulture,
            $"{driftedFeatures} of {features} features{(scoreDrifted ? " and the score" : "")} drifted in {window} ({sample} predictions): {named}{more}.");

        return new NewAlert(
            version, NewAlert.Drift, window, reason, Worst(drifted[0]), drifted[0].DriftThreshold, scoreDrifted,
            features == 0 ? 0 : (double)driftedFeatures / features);
    }

    private static double Worst(DriftFigure figure) => Math.Max(figure.Psi, figure.MissingPsi);

    private static string Describe(DriftFigure figure) => figure.MissingPsi > figure.Psi
        ? string.Create(CultureInfo.InvariantCulture, $"{figure.Name} missing in {figure.MissingShare:P1} (baseline {figure.BaselineMissingShare:P1})")
        : string.Create(CultureInfo.InvariantCulture, $"{figure.Name} PSI {figure.Psi:F3} (threshold {figure.DriftThreshold:F3})");
}
