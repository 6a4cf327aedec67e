using CsCheck;

namespace CloudNativeAi.Modeling.Tests;

public sealed class BaselineBuilderTests
{
    [Fact]
    public void Numeric_bins_hold_equal_shares_and_missing_values_are_counted_apart()
    {
        var values = Enumerable.Range(1, 1_000).Select(number => (double)number).Append(double.NaN);

        var baseline = BaselineBuilder.Numeric("x", values);

        Assert.Equal(1_000, baseline.Count);
        Assert.Equal(1, baseline.Missing);
        Assert.Equal(1.0 / 1_001, baseline.MissingShare);
        Assert.Equal(10, baseline.Counts.Count);
        Assert.All(baseline.Counts, count => Assert.InRange(count, 99, 101));
        Assert.Equal(500.5, baseline.Mean);
        Assert.Equal((1, 1_000), (baseline.Minimum, baseline.Maximum));
    }

    [Fact]
    public void Counts_agree_with_the_rule_of_the_bins()
    {
        Gen.Int[-5, 5].Select(number => number / 2.0).List[0, 60].Sample(values =>
        {
            var baseline = BaselineBuilder.Numeric("x", values);
            var edges = baseline.Edges!;
            for (var bin = 0; bin < baseline.Counts.Count; bin++)
            {
                var low = bin == 0 ? double.NegativeInfinity : edges[bin - 1];
                var high = bin == edges.Count ? double.PositiveInfinity : edges[bin];
                Assert.Equal(values.Count(value => value > low && value <= high), baseline.Counts[bin]);
            }

            Assert.Equal(edges.Order().Distinct(), edges);
        });
    }

    [Fact]
    public void Categories_are_counted_by_their_number()
    {
        var baseline = BaselineBuilder.Categorical("carrier", ["AA", "AS", "DL"], [1, 1, 0, double.NaN]);

        Assert.Equal([1, 2, 0], baseline.Counts);
        Assert.Equal((3, 1, 0.25), (baseline.Count, baseline.Missing, baseline.MissingShare));
    }

    [Fact]
    public void Baseline_survives_its_file_and_an_empty_column()
    {
        var baseline = new ModelBaseline(1, 0, [BaselineBuilder.Numeric("x", []), BaselineBuilder.Categorical("c", [], [])], 2, BaselineBuilder.Numeric("score", [0.1, 0.1]), 0.5);

        Assert.Equal(baseline.ToJson(), ModelBaseline.Parse(baseline.ToJson()).ToJson());
    }
}
