using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Web.Components.Charts;

namespace CloudNativeAi.Web.Display;

/// <summary>Runs by their number of rows, in sizes that double, as <c>inference.batch.size</c> counts them.</summary>
public static class BatchBars
{
    public static BarSpec Of(IReadOnlyCollection<BatchCount> batches)
    {
        var bars = new List<Bar>();
        var largest = batches.Select(batch => batch.Rows).DefaultIfEmpty().Max();
        for (long last = 0, end = 1; last < largest; last = end, end *= 2)
        {
            var (after, until) = (last, end);
            bars.Add(new Bar(
                after + 1 == until ? Format.Count(until) : $"{Format.Count(after + 1)}–{Format.Count(until)}",
                batches.Where(batch => batch.Rows > after && batch.Rows <= until).Sum(batch => batch.Runs)));
        }

        return new BarSpec(bars, [], "runs");
    }
}
