using CsCheck;

namespace CloudNativeAi.Modeling.Tests;

public sealed class EvaluationTests
{
    [Fact]
    public void Auc_of_the_scikit_learn_example()
    {
        var auc = RocAuc.Compute([0.1, 0.4, 0.35, 0.8], [false, false, true, true]);

        Assert.Equal(0.75, auc.Value, 15);
    }

    // DeLong's variance written out for these five rows: V10 = {1, 2/3}, V01 = {1, 1, 1/2}, so S10 / 2 + S01 / 3 = 1/36 + 1/36.
    [Fact]
    public void Standard_error_of_a_case_done_by_hand()
    {
        var auc = RocAuc.Compute([0.9, 0.3, 0.1, 0.2, 0.5], [true, true, false, false, false]);

        Assert.Equal(5.0 / 6, auc.Value, 15);
        Assert.Equal(Math.Sqrt(1.0 / 18), auc.StandardError, 14);
        Assert.Equal(1, auc.High);
        Assert.Equal((5.0 / 6) - (1.959963984540054 * Math.Sqrt(1.0 / 18)), auc.Low, 14);
    }

    [Fact]
    public void Auc_and_its_error_equal_the_definition_over_all_pairs()
    {
        Gen.Select(Gen.Int[0, 6], Gen.Bool).Array[2, 40].Sample(rows =>
        {
            var scores = rows.Select(row => (double)row.Item1).ToArray();
            var labels = rows.Select(row => row.Item2).ToArray();
            var positives = scores.Where((_, index) => labels[index]).ToArray();
            var negatives = scores.Where((_, index) => !labels[index]).ToArray();
            var auc = RocAuc.Compute(scores, labels);
            if (positives.Length == 0 || negatives.Length == 0)
            {
                Assert.Equal(double.NaN, auc.Value);
                return;
            }

            static double Wins(double positive, double negative) => positive > negative ? 1 : positive == negative ? 0.5 : 0;
            var v10 = positives.Select(positive => negatives.Average(negative => Wins(positive, negative))).ToArray();
            var v01 = negatives.Select(negative => positives.Average(positive => Wins(positive, negative))).ToArray();
            Assert.Equal(v10.Average(), auc.Value, 12);
            Assert.Equal(Math.Sqrt(Variance(v10) + Variance(v01)), auc.StandardError, 12);
        });
    }

    [Fact]
    public void A_model_compared_with_itself_differs_by_nothing()
    {
        double[] scores = [0.1, 0.4, 0.35, 0.8, 0.5];
        bool[] labels = [false, false, true, true, false];

        var (difference, error) = RocAuc.Compare(scores, scores, labels);

        Assert.Equal(0, difference);
        Assert.Equal(0, error, 7);
    }

    [Fact]
    public void Difference_of_two_models_has_the_error_of_the_paired_components()
    {
        Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1], Gen.Bool).Array[10, 30].Sample(rows =>
        {
            var first = rows.Select(row => row.Item1).ToArray();
            var second = rows.Select(row => row.Item2).ToArray();
            var labels = rows.Select(row => row.Item3).ToArray();
            if (labels.Distinct().Count() < 2)
            {
                return;
            }

            static double Wins(double positive, double negative) => positive > negative ? 1 : positive == negative ? 0.5 : 0;
            double[] Components(bool positive) => [.. Enumerable.Range(0, labels.Length).Where(row => labels[row] == positive).Select(row =>
                Enumerable.Range(0, labels.Length).Where(other => labels[other] != positive).Average(other =>
                    positive ? Wins(first[row], first[other]) - Wins(second[row], second[other]) : Wins(first[other], first[row]) - Wins(second[other], second[row])))];
            var v10 = Components(positive: true);
            var v01 = Components(positive: false);

            var (difference, error) = RocAuc.Compare(first, second, labels);

            Assert.Equal(v10.Average(), difference, 12);
            Assert.Equal(Variance(v10) + Variance(v01), error * error, 12);
        });
    }

    [Fact]
    public void Log_loss_of_the_scikit_learn_example() =>
        Assert.Equal(0.21616187468057912, ProbabilityScores.LogLoss([0.9, 0.1, 0.2, 0.65], [true, false, false, true]), 15);

    [Fact]
    public void Brier_score_by_hand() => Assert.Equal((0.01 + 0.04) / 2, ProbabilityScores.Brier([0.9, 0.2], [true, false]), 15);

    [Fact]
    public void Threshold_has_the_greatest_F1()
    {
        Gen.Select(Gen.Int[0, 8], Gen.Bool).Array[1, 30].Sample(rows =>
        {
            var scores = rows.Select(row => row.Item1 / 8.0).ToArray();
            var labels = rows.Select(row => row.Item2).ToArray();
            var best = scores.Max(score => DecisionThreshold.Measure(score, scores, labels).F1);

            var chosen = DecisionThreshold.Choose(scores, labels);

            Assert.Equal(best, chosen.F1, 12);
            Assert.Equal(chosen.F1, DecisionThreshold.Measure(chosen.Value, scores, labels).F1, 12);
        });
    }

    private static double Variance(double[] components)
    {
        if (components.Length < 2)
        {
            return 0;
        }

        var mean = components.Average();
        return components.Sum(component => (component - mean) * (component - mean)) / (components.Length - 1) / components.Length;
    }
}
