using CloudNativeAi.Monitoring.Performance;

namespace CloudNativeAi.Monitoring.Tests.Performance;

public sealed class PerformanceFiguresTests
{
    [Fact]
    public void Area_of_a_published_example() =>
        // scikit-learn's.
        Assert.Equal(0.75, AreaUnderCurve.Of([0.1, 0.4, 0.35, 0.8], [false, false, true, true]).Value);

    [Theory]
    [InlineData(1_000, 1_000)]
    [InlineData(200, 5)]
    [InlineData(50, 2)]
    [InlineData(7, 3)]
    public void Area_and_interval_equal_those_from_every_pair_with_ties_or_without(int count, int distinctScores)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            bool[] positive = [true, false, .. Enumerable.Range(2, count - 2).Select(_ => random.Next(3) == 0)];
            double[] scores = [.. positive.Select(label => Math.Round((random.NextDouble() + (label ? 0.3 : 0)) * distinctScores) / distinctScores)];

            var actual = AreaUnderCurve.Of(scores, positive);

            var (value, low, high) = ByPairs(scores, positive);
            Assert.Equal(value, actual.Value, 1e-12);
            Assert.Equal(low, actual.Low, 1e-9);
            Assert.Equal(high, actual.High, 1e-9);
        }
    }

    [Fact]
    public void Interval_covers_the_true_area_as_often_as_it_says()
    {
        // Scores uniform on [0, 1) and [0.5, 1.5): the area is 7/8.
        var random = new Random(3);
        var covered = 0;
        for (var draw = 0; draw < 1_000; draw++)
        {
            bool[] positive = [.. Enumerable.Range(0, 200).Select(i => i % 2 == 0)];
            double[] scores = [.. positive.Select(label => random.NextDouble() + (label ? 0.5 : 0))];
            var area = AreaUnderCurve.Of(scores, positive);
            covered += area.Low <= 0.875 && 0.875 <= area.High ? 1 : 0;
        }

        Assert.InRange(covered, 925, 975);
    }

    [Fact]
    public void Area_needs_both_classes()
    {
        Assert.Equal(AreaUnderCurve.None, AreaUnderCurve.Of([0.1, 0.9], [true, true]));
        Assert.Equal(AreaUnderCurve.None, AreaUnderCurve.Of([], []));
        Assert.Equal(new AreaUnderCurve(1, 1, 1), AreaUnderCurve.Of([0.1, 0.9], [false, true]));
        Assert.Equal(0.5, AreaUnderCurve.Of([0.3, 0.3, 0.3], [false, true, true]).Value);
        Assert.Throws<ArgumentException>(() => AreaUnderCurve.Of([0.1], []));
    }

    [Fact]
    public void Log_loss_of_a_published_example()
    {
        // scikit-learn's: labels ham, spam, spam, ham.
        var figures = PerformanceFigures.Of([0.1, 0.9, 0.8, 0.35], [0, 1, 1, 0]);

        Assert.Equal(0.21616187468057912, figures.LogLoss, 1e-15);
        Assert.Equal((4, 0.5, 0.5375), (figures.Sample, figures.PositiveShare, Math.Round(figures.MeanScore, 12)));
        Assert.True(double.IsNaN(figures.MeanAbsoluteError) && double.IsNaN(figures.RootMeanSquaredError));
    }

    [Fact]
    public void Certain_and_wrong_is_a_large_loss_but_a_finite_one() =>
        Assert.Equal(-Math.Log(1e-15), PerformanceFigures.Of([0], [1]).LogLoss, 1e-9);

    [Fact]
    public void Labels_other_than_0_and_1_are_a_regression()
    {
        var figures = PerformanceFigures.Of([10, 20, 30], [12, 20, 26]);

        Assert.Equal(2, figures.MeanAbsoluteError, 1e-12);
        Assert.Equal(Math.Sqrt(20 / 3.0), figures.RootMeanSquaredError, 1e-12);
        Assert.True(double.IsNaN(figures.LogLoss) && double.IsNaN(figures.AreaUnderCurve.Value));
        Assert.Equal(PerformanceFigures.None, PerformanceFigures.Of([], []));
    }

    // DeLong, DeLong and Clarke-Pearson (1988), as written there.
    private static (double Value, double Low, double High) ByPairs(double[] scores, bool[] positive)
    {
        double[] x = [.. scores.Where((_, i) => positive[i])];
        double[] y = [.. scores.Where((_, i) => !positive[i])];
        double[] ofPositives = [.. x.Select(a => y.Average(b => Beats(a, b)))];
        double[] ofNegatives = [.. y.Select(b => x.Average(a => Beats(a, b)))];
        var area = ofPositives.Average();
        var half = 1.959963984540054 * Math.Sqrt((Variance(ofPositives) / x.Length) + (Variance(ofNegatives) / y.Length));
        return (area, Math.Max(0, area - half), Math.Min(1, area + half));
    }

    private static double Beats(double a, double b) => a > b ? 1 : a == b ? 0.5 : 0;

    private static double Variance(double[] values)
    {
        var mean = values.Average();
        return values.Length < 2 ? 0 : values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1);
    }
}
