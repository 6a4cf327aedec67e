using CloudNativeAi.Contracts.Inference;

namespace CloudNativeAi.Inference.Tests.Predictions;

public sealed class LatencyHistogramTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(2, 4)]
    [InlineData(1_000, 40)]
    [InlineData(1_024, 40)]
    [InlineData(1_025, 41)]
    [InlineData(3_600_000_000, LatencyHistogram.BinCount - 1)]
    public void Duration_falls_into_the_first_bin_that_ends_at_or_after_it(long microseconds, int bin) =>
        Assert.Equal(bin, LatencyHistogram.BinOf(TimeSpan.FromMicroseconds(microseconds)));

    [Fact]
    public void Quantile_is_never_too_low_and_at_most_19_percent_too_high()
    {
        var random = new Random(1);
        var durations = Enumerable.Range(0, 5_000).Select(_ => TimeSpan.FromMicroseconds(Math.Exp(random.NextDouble() * 16))).Order().ToList();
        var bins = new long[LatencyHistogram.BinCount];
        durations.ForEach(duration => bins[LatencyHistogram.BinOf(duration)]++);
        var histogram = LatencyHistogram.From(bins);

        foreach (var quantile in (double[])[0.01, 0.5, 0.95, 0.99, 1])
        {
            var exact = durations[(int)Math.Ceiling(durations.Count * quantile) - 1].TotalSeconds;
            Assert.InRange(histogram.Quantile(quantile) / exact, 1, 1.19);
        }
    }

    [Fact]
    public void Sum_of_replicas_is_that_of_all_their_requests()
    {
        var slow = new LatencyHistogram { FirstBin = 40, Counts = { 1, 0, 2 } };
        var fast = new LatencyHistogram { FirstBin = 10, Counts = { 5 } };

        var sum = LatencyHistogram.Sum([slow, null, fast, new LatencyHistogram()]);

        Assert.Equal((10, 33, 8L), (sum.FirstBin, sum.Counts.Count, sum.Total));
        Assert.Equal((5L, 1L, 2L), (sum.Counts[0], sum.Counts[30], sum.Counts[32]));
        Assert.Equal(slow, LatencyHistogram.Sum([slow]));
        Assert.True(double.IsNaN(LatencyHistogram.Sum([]).Quantile(0.5)));
    }
}
