using System.Globalization;
using CloudNativeAi.Modeling;
using CloudNativeAi.Modeling.Trees;
using CloudNativeAi.Training.Evaluation;
using CloudNativeAi.Training.Trainers;
using CloudNativeAi.Training.Trainers.LightGbm;
using CloudNativeAi.Training.TrainingSets;

namespace CloudNativeAi.Training.Tests.Trainers;

public sealed class LightGbmTrainerTests
{
    private static readonly LightGbmTrainer Trainer = new();

    [Fact]
    public void Onnx_says_what_LightGBM_says_on_the_validation_rows()
    {
        var input = SyntheticRows.Input(Trainer);

        var model = Train(input);

        Assert.InRange(OnnxParity.Check(model, input.Validation), 0, 1e-12);
        Assert.True(RocAuc.Compute(model.ValidationScores, input.Validation.Labels).Value > 0.7);
    }

    [Fact]
    public void Onnx_and_the_managed_trees_decide_rows_on_thresholds_missing_values_and_unknown_categories_alike()
    {
        var input = SyntheticRows.Input(Trainer, rows: 2_000, ("num_iterations", "40"), ("min_data_in_leaf", "5"), ("max_cat_to_onehot", "2"), ("min_data_per_group", "10"));
        var model = Train(input);
        var ensemble = LightGbmModelText.Parse(model.LightGbmText!);

        var rows = RowsAtTheEdges(ensemble);

        using var scorer = new OnnxScorer(model.Onnx);
        var onnx = scorer.Score(rows);
        var lightGbm = Reload(model.LightGbmText!, rows);
        for (var row = 0; row < rows.Rows; row++)
        {
            var managed = ensemble.Score(rows.Row(row));
            Assert.True(
                Math.Abs(lightGbm[row] - onnx[row]) <= 1e-12 && Math.Abs(lightGbm[row] - managed) <= 1e-12,
                FormattableString.Invariant($"LightGBM {lightGbm[row]:R}, ONNX {onnx[row]:R}, managed {managed:R} for {string.Join(", ", rows.Row(row).ToArray().Select(value => value.ToString("R", CultureInfo.InvariantCulture)))}"));
        }

        Assert.Contains(ensemble.Trees, tree => tree.LeftCategories.Any(categories => categories is { Count: > 1 }));
        Assert.Contains(ensemble.Trees, tree => tree.Missing.Contains(MissingValues.AreNaN));
        Assert.True(rows.Rows > 1_000);
    }

    [Fact]
    public void Contributions_of_the_managed_trees_are_those_of_LightGBM()
    {
        var input = SyntheticRows.Input(Trainer, rows: 2_000, ("num_iterations", "40"), ("min_data_in_leaf", "5"), ("max_cat_to_onehot", "2"), ("min_data_per_group", "10"));
        var model = Train(input);
        var ensemble = LightGbmModelText.Parse(model.LightGbmText!);
        var rows = input.Validation;

        var expected = Reload(model.LightGbmText!, rows, LightGbmLibrary.PredictContributions, perRow: rows.Columns + 1);

        var contributions = new double[rows.Columns];
        for (var row = 0; row < rows.Rows; row++)
        {
            var baseValue = TreeShap.Explain(ensemble, rows.Row(row), contributions);
            double[] actual = [.. contributions, baseValue];
            for (var column = 0; column <= rows.Columns; column++)
            {
                Assert.Equal(expected[(row * actual.Length) + column], actual[column], 1e-10);
            }
        }
    }

    [Fact]
    public void Columns_without_missing_values_in_training_read_NaN_as_zero()
    {
        var input = SyntheticRows.Input(Trainer, rows: 1_000, ("num_iterations", "10"));
        var model = Train(input);
        var row = input.Validation.Row(0).ToArray();
        row[0] = double.NaN;
        var zero = (double[])row.Clone();
        zero[0] = 0;

        using var scorer = new OnnxScorer(model.Onnx);
        var scores = scorer.Score(new EncodedMatrix(row.Length, [.. row, .. zero], new bool[2]));

        Assert.Equal(scores[1], scores[0]);
        Assert.Equal(Reload(model.LightGbmText!, new EncodedMatrix(row.Length, row, new bool[1]))[0], scores[0], 1e-12);
    }

    [Fact]
    public void Trees_that_never_split_are_a_constant()
    {
        var input = SyntheticRows.Input(Trainer, rows: 400, ("min_data_in_leaf", "1000000"));

        var model = Train(input);

        Assert.InRange(OnnxParity.Check(model, input.Validation), 0, 1e-12);
        Assert.Single(model.ValidationScores.Distinct());
    }

    [Fact]
    public void The_same_rows_and_seed_give_the_same_bytes()
    {
        var parameters = new[] { ("bagging_fraction", "0.7"), ("bagging_freq", "1"), ("feature_fraction", "0.6"), ("num_iterations", "30") };

        var first = Train(SyntheticRows.Input(Trainer, 2_000, parameters));
        var second = Train(SyntheticRows.Input(Trainer, 2_000, parameters));

        Assert.Equal(first.Onnx, second.Onnx);
        Assert.Equal(first.LightGbmText, second.LightGbmText);
        Assert.Equal(first.ValidationScores, second.ValidationScores);
    }

    [Fact]
    public void Growing_stops_when_validation_no_longer_improves_and_keeps_the_best_iteration()
    {
        var model = Train(SyntheticRows.Input(Trainer, 1_000, ("num_iterations", "2000"), ("learning_rate", "0.3"), ("early_stopping_round", "10"), ("min_data_in_leaf", "5")));

        Assert.True(model.ValidationCurve.Count < 2_000);
        Assert.Equal(model.ValidationCurve.Max(), model.ValidationCurve[model.Iterations - 1]);
        Assert.Equal(model.Iterations, model.LightGbmText!.Split("\nTree=").Length - 1);
    }

    [Fact]
    public void A_cancelled_training_ends_between_two_trees()
    {
        using var cancellation = new CancellationTokenSource();
        var grown = 0;

        Assert.ThrowsAny<OperationCanceledException>(() => Trainer.Train(
            SyntheticRows.Input(Trainer, 1_000),
            _ =>
            {
                if (++grown == 3)
                {
                    cancellation.Cancel();
                }
            },
            cancellation.Token));

        Assert.Equal(3, grown);
    }

    [Theory]
    [InlineData("num_leaves", "1", "between 2 and 4096")]
    [InlineData("num_leaves", "31.5", "whole number")]
    [InlineData("learning_rate", "NaN", "between")]
    [InlineData("learning_rate", "fast", "between")]
    [InlineData("objective", "regression", "has no hyper-parameter 'objective'")]
    [InlineData("num_leaves=3 objective", "1", "has no hyper-parameter")]
    public void Hyper_parameters_are_checked(string name, string value, string message) =>
        Assert.Contains(message, Trainer.FindFault(new Dictionary<string, string> { [name] = value }), StringComparison.Ordinal);

    [Fact]
    public void Importance_is_where_the_signal_is()
    {
        var model = Train(SyntheticRows.Input(Trainer));

        Assert.Equal(SyntheticRows.Features.Count, model.Importance.Count);
        Assert.Equal(0, model.Importance[5]);
        Assert.True(model.Importance[1] > 0);
    }

    private static TrainedModel Train(TrainingInput input) => Trainer.Train(input, _ => { }, TestContext.Current.CancellationToken);

    // Every threshold exactly, its neighbours in double, NaN, infinities and categories inside, outside and beyond the vocabulary.
    private static EncodedMatrix RowsAtTheEdges(TreeEnsemble ensemble)
    {
        var thresholds = new List<double>[ensemble.FeatureCount];
        for (var feature = 0; feature < thresholds.Length; feature++)
        {
            thresholds[feature] = [double.NaN, 0, -0.0, 1e300, -1e300];
        }

        foreach (var tree in ensemble.Trees)
        {
            for (var node = 0; node < tree.NodeCount; node++)
            {
                if (tree.LeftCategories[node] is null)
                {
                    var threshold = tree.Thresholds[node];
                    thresholds[tree.SplitFeatures[node]].AddRange([threshold, Math.BitIncrement(threshold), Math.BitDecrement(threshold)]);
                }
            }
        }

        thresholds[3].AddRange(Enumerable.Range(-1, SyntheticRows.Categories + 40).Select(category => (double)category));
        thresholds[4].AddRange([1, 2, 3, 63, 64, 1_000_000]);
        var random = new Random(3);
        var values = new List<double>();
        for (var row = 0; row < 3_000; row++)
        {
            values.AddRange(thresholds.Select(candidates => candidates[random.Next(candidates.Count)]));
        }

        // As the encoder writes them: categories are whole numbers within int, and what LightGBM calls zero is zero.
        for (var index = 0; index < values.Count; index++)
        {
            values[index] = Math.Abs(values[index]) <= FeatureEncoder.ZeroMagnitude ? 0 : values[index];
            if (index % ensemble.FeatureCount is 3 or 4 && Math.Abs(values[index]) > 1e9)
            {
                values[index] = double.NaN;
            }
        }

        return new EncodedMatrix(ensemble.FeatureCount, [.. values], new bool[3_000]);
    }

    private static unsafe double[] Reload(string text, EncodedMatrix rows, int what = LightGbmLibrary.PredictProbability, int perRow = 1)
    {
        LightGbmLibrary.Check(LightGbmLibrary.BoosterLoadModelFromString(text, out var iterations, out var booster));
        try
        {
            var results = new double[rows.Rows * perRow];
            fixed (double* values = rows.Values, pointer = results)
            {
                LightGbmLibrary.Check(LightGbmLibrary.BoosterPredictForMat(
                    booster, values, LightGbmLibrary.Float64, rows.Rows, rows.Columns, 1, what, 0, iterations,
                    string.Create(CultureInfo.InvariantCulture, $"num_threads={1}"), out _, pointer));
            }

            return results;
        }
        finally
        {
            LightGbmLibrary.Check(LightGbmLibrary.BoosterFree(booster));
        }
    }
}
