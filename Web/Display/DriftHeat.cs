using System.Globalization;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Web.Components.Charts;

namespace CloudNativeAi.Web.Display;

/// <summary>Drift over windows as a heat map: the inputs that drift most in the newest window come first.</summary>
public static class DriftHeat
{
    /// <summary>Below it an index is noise; the other two steps come from Monitoring.</summary>
    public const double Low = 0.05;

    public static HeatSpec From(IReadOnlyList<DriftPoint> points, IEnumerable<DriftScore> newest, double watch, double drift)
    {
        var rows = newest
            .OrderByDescending(score => double.IsFinite(score.Psi) ? score.Psi : -1)
            .Select(score => score.Name)
            .Union(points.SelectMany(point => point.Scores.Select(score => score.Name)))
            .ToList();
        var index = rows.Index().ToDictionary(row => row.Item, row => row.Index, StringComparer.Ordinal);
        var cells = new List<double[]>();

        for (var column = 0; column < points.Count; column++)
        {
            foreach (var score in points[column].Scores)
            {
                if (double.IsFinite(score.Psi))
                {
                    cells.Add([column, index[score.Name], score.Psi]);
                }
            }
        }

        return new HeatSpec(rows, [.. points.Select(point => Label(point.WindowEndMicros))], cells, [Low, watch, drift]);
    }

    private static string Label(long micros) =>
        Instants.FromMicros(micros)?.ToString("MM-dd HH:mm", CultureInfo.InvariantCulture) ?? Format.Unknown;
}
