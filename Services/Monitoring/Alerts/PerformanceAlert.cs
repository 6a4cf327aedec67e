using System.Globalization;
using CloudNativeAi.Monitoring.Evaluation;
using CloudNativeAi.Monitoring.Performance;

namespace CloudNativeAi.Monitoring.Alerts;

internal static class PerformanceAlert
{
    /// <summary>Null unless the whole interval lies below the minimum: a window too small to tell raises no alert.</summary>
    public static NewAlert? Of(ModelVersionKey version, Window window, PerformanceFigures figures, double minimumAuc)
    {
        var auc = figures.AreaUnderCurve;
        if (minimumAuc <= 0 || !(auc.High < minimumAuc))
        {
            return null;
        }

        var reason = string.Create(
            CultureInfo.InvariantCulture,
            $"AUC {auc.Value:F4} (95 % interval {auc.Low:F4} to {auc.High:F4}, {figures.Sample} labelled predictions) is below {minimumAuc:F4} in {window}.");
        return new NewAlert(version, NewAlert.Performance, window, reason, auc.Value, minimumAuc, false, 0);
    }
}
