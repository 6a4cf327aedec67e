using CloudNativeAi.Modeling;
using CloudNativeAi.Training.Evaluation;
using CloudNativeAi.Training.Trainers;
using CloudNativeAi.Training.Trainers.Dense;
using CloudNativeAi.Training.TrainingSets;

namespace CloudNativeAi.Training.Tests.Trainers;

public sealed class DenseTrainerTests
{
    [Theory]
    [InlineData("logistic_regression", 0.65)]
    [InlineData("mlp", 0.75)]
    public void Learns_and_exports_what_it_learned(string name, double auc)
    {
        var trainer = TrainerCatalog.Find(name)!;
        var input = SyntheticRows.Input(trainer);

        var model = trainer.Train(input, _ => { }, TestContext.Current.CancellationToken);

        Assert.InRange(OnnxParity.Check(model, input.Validation), 0, 1e-12);
        Assert.InRange(RocAuc.Compute(model.ValidationScores, input.Validation.Labels).Value, auc, 1);
    }

    [Theory]
    [InlineData("logistic_regression")]
    [InlineData("mlp")]
    public void The_same_rows_and_seed_give_the_same_bytes(string name)
    {
        var trainer = TrainerCatalog.Find(name)!;

        var first = trainer.Train(SyntheticRows.Input(trainer, 1_000), _ => { }, TestContext.Current.CancellationToken);
        var second = trainer.Train(SyntheticRows.Input(trainer, 1_000), _ => { }, TestContext.Current.CancellationToken);

        Assert.Equal(first.Onnx, second.Onnx);
    }

    [Fact]
    public void Coefficients_are_those_of_the_closed_form_log_odds()
    {
        // One category of two values: without a penalty the probabilities are the observed shares, 3 in 4 and 1 in 5.
        var trainer = new LogisticRegressionTrainer();
        bool[] labels = [true, true, true, false, true, false, false, false, false];
        var matrix = new EncodedMatrix(1, [0, 0, 0, 0, 1, 1, 1, 1, 1], labels);
        SignatureFeature[] features = [new("side", FeatureOrigin.Online, ModelType.String, FeatureKind.Categorical, ["a", "b"])];
        var parameters = new HyperParameters(trainer.HyperParameters, new Dictionary<string, string> { ["l2"] = "0" });

        var model = trainer.Train(new TrainingInput(matrix, matrix, features, parameters, 1), _ => { }, TestContext.Current.CancellationToken);

        Assert.Equal(0.75, model.ValidationScores[0], 1e-4);
        Assert.Equal(0.2, model.ValidationScores[8], 1e-4);
    }

    [Fact]
    public void An_unknown_category_and_a_missing_value_are_scored_by_onnx_as_by_the_managed_model()
    {
        var trainer = new LogisticRegressionTrainer();
        var model = trainer.Train(SyntheticRows.Input(trainer, 1_000), _ => { }, TestContext.Current.CancellationToken);
        double[] values = [double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, 0.5, 2, double.NaN, 39, 1, 7];

        using var scorer = new OnnxScorer(model.Onnx);
        var scores = scorer.Score(new EncodedMatrix(6, values, new bool[2]));

        Assert.All(scores, score => Assert.InRange(score, 0, 1));
    }
}
