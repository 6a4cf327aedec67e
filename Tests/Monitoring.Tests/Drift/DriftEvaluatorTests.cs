using CloudNativeAi.Monitoring.Baselines;
using CloudNativeAi.Monitoring.Drift;

namespace CloudNativeAi.Monitoring.Tests.Drift;

public sealed class DriftEvaluatorTests
{
    private static readonly Baseline Baseline = new(
        [
            new BaselineColumn("delay", [0, 10, 20], [250, 250, 250, 250], Missing: 0),
            new BaselineColumn("carrier", null, [500, 300, 200], Missing: 1_000),
        ],
        new BaselineColumn("score", [0.5], [900, 100], Missing: 0));

    [Fact]
    public void Every_column_has_a_figure_and_the_score_is_the_last()
    {
        var figures = Evaluate(window => window.Add(0.1, [5, 0]));

        Assert.Equal(["delay", "carrier", "score"], figures.Select(figure => figure.Name));
    }

    [Fact]
    public void Values_are_counted_between_edges_and_the_upper_one_belongs_to_the_bin()
    {
        var window = new WindowHistogram(Baseline);
        foreach (var value in new[] { -1e300, 0, 0.001, 10, 20, 20.001, double.NaN, double.PositiveInfinity })
        {
            window.Add(0.5, [value, value]);
        }

        Assert.Equal([2, 2, 1, 1], Baseline.Bins(window.Counts, 0).ToArray());
        Assert.Equal(2, Baseline.Missing(window.Counts, 0));
        // Of a category, whatever is no number of the vocabulary is missing.
        Assert.Equal([1, 0, 0], Baseline.Bins(window.Counts, 1).ToArray());
        Assert.Equal(7, Baseline.Missing(window.Counts, 1));
    }

    [Fact]
    public void Record_with_another_number_of_features_counts_by_its_score_alone()
    {
        var window = new WindowHistogram(Baseline);
        window.Add(0.9, [1, 2, 3]);

        Assert.Equal((1, 1), (window.Sample, window.Malformed));
        Assert.Equal([0, 1], Baseline.Bins(window.Counts, 2).ToArray());
        Assert.Equal([0, 0, 0, 0], Baseline.Bins(window.Counts, 0).ToArray());
    }

    [Fact]
    public void Column_that_moved_is_found_and_the_others_are_not_blamed()
    {
        var figures = Evaluate(window => AddMany(window, 1_000, row => (row % 10 == 0 ? 0.9 : 0.1, 15, row % 20 < 10 ? double.NaN : Carrier(row))));

        Assert.Equal([DriftFigure.Drift, DriftFigure.Ok, DriftFigure.Ok], figures.Select(figure => figure.Level));
        Assert.True(figures[0].Psi > 5);
    }

    [Fact]
    public void Column_that_goes_missing_is_as_loud_as_one_that_moves()
    {
        var figures = Evaluate(window => AddMany(window, 1_000, row => (row % 10 == 0 ? 0.9 : 0.1, row % 2 == 0 ? double.NaN : (row / 2 % 4 * 10) - 5, row % 20 < 10 ? double.NaN : Carrier(row))));

        Assert.Equal(DriftFigure.Drift, figures[0].Level);
        Assert.Equal(0, figures[0].Psi, 1e-12);
        Assert.Equal((0.5, 0.0), (figures[0].MissingShare, figures[0].BaselineMissingShare));
        Assert.True(figures[0].MissingPsi > 1);
        // Missing as often as in training.
        Assert.Equal((0.5, 0.5, DriftFigure.Ok), (figures[1].MissingShare, figures[1].BaselineMissingShare, figures[1].Level));
    }

    [Fact]
    public void Histogram_over_another_baseline_or_empty_gives_no_false_figures()
    {
        Assert.Empty(DriftEvaluator.Evaluate(Baseline, new long[3], new DriftOptions()));
        Assert.All(Evaluate(_ => { }), figure => Assert.Equal((0.0, 0.0, DriftFigure.Ok), (figure.Psi, figure.MissingPsi, figure.Level)));
    }

    [Fact]
    public void Thresholds_are_raised_where_the_sample_is_small_and_only_there()
    {
        var small = Evaluate(window => AddMany(window, 50, Typical))[0];
        var large = Evaluate(window => AddMany(window, 50_000, Typical))[0];

        // (1/1000 + 1/50) times the chi-square quantile of 3 degrees of freedom at 1 - 0.01/6: 15.1831.
        Assert.Equal(0.021 * 15.18311418533393, small.DriftThreshold, 1e-9);
        Assert.Equal((0.1, 0.2), (large.WatchThreshold, large.DriftThreshold));
        Assert.Equal(0.021 * 3, small.ExpectedPsi, 1e-12);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(400)]
    public void Windows_without_drift_seldom_raise_an_alarm_where_fixed_thresholds_often_would(int size)
    {
        const int Windows = 2_000, Features = 10, Bins = 10;
        var baseline = new Baseline(
            [.. Enumerable.Range(0, Features).Select(feature => new BaselineColumn($"f{feature}", null, [.. Enumerable.Repeat(100L, Bins)], Missing: 0))],
            new BaselineColumn("score", null, [.. Enumerable.Repeat(100L, Bins)], Missing: 0));
        var random = new Random(17);
        var (raised, unguarded) = (0, 0);
        for (var i = 0; i < Windows; i++)
        {
            var window = new WindowHistogram(baseline);
            for (var row = 0; row < size; row++)
            {
                window.Add(random.Next(Bins), [.. Enumerable.Range(0, Features).Select(_ => (double)random.Next(Bins))]);
            }

            raised += Drifted(baseline, window, new DriftOptions());
            unguarded += Drifted(baseline, window, new DriftOptions { RaiseForSmallSamples = false });
        }

        // One in a hundred by design; the chi-square limit is rough for so few.
        Assert.InRange(raised, 0, Windows * 2 / 100);
        Assert.True(size > 100 || unguarded > Windows / 10, $"Without the guard {unguarded} of {Windows} windows would have raised an alarm.");
    }

    private static int Drifted(Baseline baseline, WindowHistogram window, DriftOptions options) =>
        DriftEvaluator.Evaluate(baseline, window.Counts, options).Any(figure => figure.Level == DriftFigure.Drift) ? 1 : 0;

    private static IReadOnlyList<DriftFigure> Evaluate(Action<WindowHistogram> fill)
    {
        var window = new WindowHistogram(Baseline);
        fill(window);
        return DriftEvaluator.Evaluate(Baseline, window.Counts, new DriftOptions());
    }

    private static (double Score, double Delay, double Carrier) Typical(int row) => (row % 10 == 0 ? 0.9 : 0.1, (row % 4 * 10) - 5, Carrier(row));

    private static double Carrier(int row) => (row % 10) switch { < 5 => 0, < 8 => 1, _ => 2 };

    private static void AddMany(WindowHistogram window, int count, Func<int, (double Score, double Delay, double Carrier)> record)
    {
        for (var row = 0; row < count; row++)
        {
            var (score, delay, carrier) = record(row);
            window.Add(score, [delay, carrier]);
        }
    }
}
