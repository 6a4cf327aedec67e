using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Web.Components.Charts;

namespace CloudNativeAi.Web.Display;

/// <summary>A latency histogram as bars: one per bin, from the first that counted something to the last, with the quantiles marked.</summary>
public static class LatencyBars
{
    private static readonly (double Quantile, string Name)[] Marked = [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")];

    public static BarSpec Of(LatencyHistogram? histogram, string what)
    {
        if (histogram is null || histogram.Total == 0)
        {
            return new BarSpec([], [], what);
        }

        var bars = histogram.Counts
            .Select((count, i) => new Bar($"≤ {Format.Latency(LatencyHistogram.UpperBoundSeconds(histogram.FirstBin + i))}", count)).ToList();
        var marks = Marked
            .Select(marked => new BarMark(BarOf(histogram, histogram.Quantile(marked.Quantile)), marked.Name))
            .GroupBy(mark => mark.Bar)
            .Select(group => new BarMark(group.Key, string.Join(", ", group.Select(mark => mark.Name))));
        return new BarSpec(bars, [.. marks], what);
    }

    private static int BarOf(LatencyHistogram histogram, double seconds) =>
        Enumerable.Range(0, histogram.Counts.Count).First(bar => LatencyHistogram.UpperBoundSeconds(histogram.FirstBin + bar) >= seconds);
}
