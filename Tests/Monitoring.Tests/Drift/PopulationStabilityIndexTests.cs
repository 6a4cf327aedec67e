using CloudNativeAi.Monitoring.Drift;

namespace CloudNativeAi.Monitoring.Tests.Drift;

public sealed class PopulationStabilityIndexTests
{
    [Fact]
    public void Index_of_a_published_example()
    {
        // By SciPy, from the counts of Evidently's test suite.
        var index = PopulationStabilityIndex.FromCounts([16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]);

        Assert.Equal(0.037218381577290835, index, 1e-15);
    }

    [Fact]
    public void Index_is_zero_for_equal_shares_and_the_same_in_both_directions()
    {
        Assert.Equal(0, PopulationStabilityIndex.FromCounts([1, 2, 0, 3], [10, 20, 0, 30]));
        Assert.Equal(
            PopulationStabilityIndex.FromCounts([5, 2, 1], [1, 2, 5]), PopulationStabilityIndex.FromCounts([1, 2, 5], [5, 2, 1]), 1e-15);
    }

    [Fact]
    public void Empty_bin_counts_as_a_ten_thousandth()
    {
        var index = PopulationStabilityIndex.FromShares([0.5, 0.5, 0], [0.25, 0.25, 0.5]);

        Assert.Equal((2 * 0.25 * Math.Log(2)) + ((0.0001 - 0.5) * Math.Log(0.0001 / 0.5)), index, 1e-15);
    }

    [Fact]
    public void Empty_bin_beside_a_tiny_share_counts_as_a_millionth_of_that()
    {
        var index = PopulationStabilityIndex.FromShares([0.9999, 0.0001, 0], [0.5, 0.25, 0.25]);

        var expected = ((0.9999 - 0.5) * Math.Log(0.9999 / 0.5)) + ((0.0001 - 0.25) * Math.Log(0.0001 / 0.25)) + ((1e-10 - 0.25) * Math.Log(1e-10 / 0.25));
        Assert.Equal(expected, index, 1e-14);
    }

    [Fact]
    public void Sides_with_different_bins_are_refused()
    {
        Assert.Throws<ArgumentException>(() => PopulationStabilityIndex.FromCounts([1, 2], [1, 2, 3]));
        Assert.Throws<ArgumentException>(() => PopulationStabilityIndex.FromCounts([], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => PopulationStabilityIndex.FromCounts([1, -1], [1, 1]));
    }

    [Theory]
    [InlineData(1_000, 1_000)]
    [InlineData(20_000, 500)]
    public void Mean_index_without_drift_is_as_expected(int referenceSize, int currentSize)
    {
        const int Bins = 10, Draws = 2_000;
        var random = new Random(5);

        var sum = 0.0;
        for (var draw = 0; draw < Draws; draw++)
        {
            sum += PopulationStabilityIndex.FromCounts(Draw(random, referenceSize, Bins), Draw(random, currentSize, Bins));
        }

        var expected = PopulationStabilityIndex.ExpectedWithoutDrift(referenceSize, currentSize, Bins);
        Assert.Equal(((1.0 / referenceSize) + (1.0 / currentSize)) * (Bins - 1), expected, 1e-15);
        Assert.InRange(sum / Draws, 0.95 * expected, 1.05 * expected);
    }

    private static long[] Draw(Random random, int size, int bins)
    {
        var counts = new long[bins];
        for (var i = 0; i < size; i++)
        {
            counts[random.Next(bins)]++;
        }

        return counts;
    }
}
