using CloudNativeAi.Web.Display;
using CloudNativeAi.Web.Live;

namespace CloudNativeAi.Web.Tests.Display;

public sealed class MetricRowTests
{
    [Fact]
    public void Bounds_become_the_interval_of_their_metric()
    {
        var rows = MetricRow.From(new Dictionary<string, double> { ["rows"] = 148_203, ["auc_low"] = 0.7241, ["auc"] = 0.7316, ["auc_high"] = 0.739, ["brier"] = 0.14 });

        Assert.Equal(["auc", "brier", "rows"], rows.Select(row => row.Name));
        Assert.Equal("0.7241 to 0.7390", rows[0].Interval);
        Assert.Equal(Format.Unknown, rows[1].Interval);
        Assert.Equal("148,203", rows[2].Text);
    }

    [Fact]
    public void A_name_that_only_looks_like_a_bound_is_a_metric() =>
        Assert.Equal("very_low", Assert.Single(MetricRow.From(new Dictionary<string, double> { ["very_low"] = 1 })).Name);

    [Theory]
    [InlineData("onnx_max_difference", 2.2e-16, "2.2e-16")]
    [InlineData("positive_share", 0.213, "21.3\u202f%")]
    [InlineData("log_loss", double.NaN, "—")]
    [InlineData("f1", 0, "0.0000")]
    public void Metrics_are_written_as_what_they_are(string name, double value, string expected) =>
        Assert.Equal(expected, new MetricRow(name, value, null, null).Text);

    [Theory]
    [InlineData(0.75, "better", Level.Good)]
    [InlineData(0.70, "worse", Level.Warning)]
    [InlineData(0.735, "within the interval", Level.Unknown)]
    public void A_difference_inside_the_interval_says_nothing(double candidate, string verdict, Level level)
    {
        var gate = Assert.Single(Gate.Compare(
            new Dictionary<string, double> { ["auc"] = 0.73 },
            new Dictionary<string, double> { ["auc"] = candidate, ["auc_low"] = candidate - 0.01, ["auc_high"] = candidate + 0.01 }));

        Assert.Equal((verdict, level), (gate.Verdict, gate.Level));
    }

    [Fact]
    public void Less_loss_is_better_and_rows_are_no_merit()
    {
        var gates = Gate.Compare(
            new Dictionary<string, double> { ["log_loss"] = 0.45, ["rows"] = 10 }, new Dictionary<string, double> { ["log_loss"] = 0.42, ["rows"] = 20 });

        Assert.Equal(["better", "for information"], gates.Select(gate => gate.Verdict));
        Assert.Equal("-0.0300", gates[0].DifferenceText);
    }

    [Fact]
    public void Without_a_current_version_there_is_no_verdict() =>
        Assert.Equal("for information", Assert.Single(Gate.Compare(null, new Dictionary<string, double> { ["auc"] = 0.7 })).Verdict);
}
