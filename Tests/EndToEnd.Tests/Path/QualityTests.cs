using System.Globalization;

namespace CloudNativeAi.EndToEnd.Tests.Path;

/// <summary>The model is worth something on rows it has not seen, and the same data makes the same model.</summary>
[Collection(PathCollection.Name)]
public sealed class QualityTests(FlightsRun run, ITestOutputHelper output)
{
    // A plain scikit-learn model with simple windows reaches 0.7125 on these rows.
    private const double LowestAuc = 0.71;

    [Fact]
    public void Champion_reaches_the_required_auc_on_the_months_after_its_training()
    {
        var metrics = run.Evaluation.Metrics;
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"AUC {metrics["auc"]:F4} (95 % CI {metrics["auc_low"]:F4} to {metrics["auc_high"]:F4}) on {metrics["rows"]:F0} flights after the training range");
        output.WriteLine(text);
        TestContext.Current.SendDiagnosticMessage(text);

        Assert.InRange(metrics["auc"], metrics["auc_low"], metrics["auc_high"]);
        Assert.SkipUnless(run.HasRealData, $"The real flights are not beside the repository; {text} on generated ones.");
        Assert.True(metrics["auc"] >= LowestAuc, text);
    }

    [Fact]
    public void Two_trainings_on_the_same_data_give_the_same_model()
    {
        Assert.NotEqual(run.FirstTraining.Id, run.SecondTraining.Id);
        Assert.Equal(run.FirstTraining.TrainingSetDigest, run.SecondTraining.TrainingSetDigest);
        Assert.Equal(run.FirstTraining.ModelDigest, run.SecondTraining.ModelDigest);
        Assert.Equal(run.FirstTraining.ModelVersion, run.SecondTraining.ModelVersion);
    }

    [Fact]
    public void Onnx_predicts_what_the_trainer_predicts()
    {
        Assert.True(run.FirstTraining.Metrics["onnx_max_difference"] <= 1e-9, $"{run.FirstTraining.Metrics["onnx_max_difference"]:E2}");
    }

    [Fact]
    public void Model_beats_the_logistic_baseline()
    {
        Assert.True(
            run.FirstTraining.Metrics["auc"] > run.FirstTraining.Metrics["baseline_auc"],
            $"{run.FirstTraining.Metrics["auc"]:F4} against {run.FirstTraining.Metrics["baseline_auc"]:F4}");
    }
}
