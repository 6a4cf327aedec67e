using System.Text;
using System.Text.Json;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Modeling;
using CloudNativeAi.TestSupport;
using CloudNativeAi.Training.Evaluation;
using CloudNativeAi.Training.Tests.Fakes;
using CloudNativeAi.Training.TrainingSets;

namespace CloudNativeAi.Training.Tests.Pipelines;

public sealed class TrainPipelineFunctionalTests(PostgresServer postgres)
{
    [Fact]
    public async Task A_job_trains_registers_and_promotes_a_model_that_can_be_served()
    {
        await using var host = await TrainingHost.StartAsync(postgres);

        var (job, seen) = await host.RunAsync(TrainingHost.Train());

        Assert.Equal("", job.Error);
        Assert.Equal(JobState.Succeeded, job.State);
        Assert.Equal(1, job.Progress);
        Assert.Equal((1, 1), (job.Attempt, job.ModelVersion));
        Assert.True(seen.Select(state => state.Progress).SequenceEqual(seen.Select(state => state.Progress).Order()));
        Assert.InRange(job.Metrics["auc"], job.Metrics["auc_low"], job.Metrics["auc_high"]);
        Assert.True(job.Metrics["auc"] > job.Metrics["baseline_auc"]);
        Assert.InRange(job.Metrics["onnx_max_difference"], 0, 1e-9);
        Assert.Equal((600, 2_400), (job.Metrics["rows"], job.Metrics["train_rows"]));

        var (version, files) = Assert.Single(host.Services.Registry.Versions);
        Assert.Equal(job.ModelDigest, version.Digest);
        Assert.Equal(
            ["MLmodel", "baseline.json", "evaluation.json", "importance.json", "lineage.json", "model.onnx", "model.txt", "model_card.md", "signature.json"],
            files.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("tests", "to see it work", job.TrainingSetDigest), (version.Lineage["requested_by"], version.Lineage["reason"], version.Lineage["training_set_digest"]));

        CheckSignature(files);
        CheckBaseline(files);
        Assert.Contains("AUC", Encoding.UTF8.GetString(files["model_card.md"]), StringComparison.Ordinal);
        Assert.Equal(3, JsonDocument.Parse(files["lineage.json"]).RootElement.GetProperty("definitions_version").GetInt32());
        Assert.Equal(job.Metrics["auc"], JsonDocument.Parse(files["evaluation.json"]).RootElement.GetProperty("validation").GetProperty("auc").GetDouble());

        var change = Assert.Single(host.Services.Registry.AliasChanges);
        Assert.Equal((0, 1, "champion"), (change.FromVersion, change.ToVersion, change.Alias));
        Assert.Contains("to see it work", change.Reason, StringComparison.Ordinal);
        var run = Assert.Single(host.Services.Registry.Runs).Value;
        Assert.Equal((RunStatus.Finished, "0.2"), (run.Status, run.Parameters["learning_rate"]));
        Assert.Contains(host.Services.Registry.Metrics, metric => metric is { Key: "validation_auc", Step: 5 });
    }

    [Fact]
    public async Task The_same_data_and_seed_give_the_same_version_whoever_asks()
    {
        await using var host = await TrainingHost.StartAsync(postgres);
        var (first, _) = await host.RunAsync(TrainingHost.Train());
        var again = TrainingHost.Train();
        (again.RequestedBy, again.Reason) = ("somebody else", "another day");

        var (second, _) = await host.RunAsync(again);
        var (third, _) = await host.RunAsync(TrainingHost.Train(spec => spec.Seed = 7));

        Assert.Equal(first.ModelDigest, second.ModelDigest);
        Assert.Equal(1, second.ModelVersion);
        Assert.Equal(2, third.ModelVersion);
        Assert.NotEqual(first.ModelDigest, third.ModelDigest);
    }

    [Theory]
    [InlineData("logistic_regression", "l2", "1")]
    [InlineData("mlp", "epochs", "2")]
    public async Task Other_trainers_make_versions_as_well(string trainer, string parameter, string value)
    {
        await using var host = await TrainingHost.StartAsync(postgres);

        var (job, _) = await host.RunAsync(TrainingHost.Train(spec =>
        {
            spec.Trainer = trainer;
            spec.HyperParameters.Clear();
            spec.HyperParameters[parameter] = value;
        }));

        Assert.Equal("", job.Error);
        Assert.DoesNotContain("model.txt", host.Services.Registry.Versions[0].Files.Keys);
        Assert.InRange(job.Metrics["onnx_max_difference"], 0, 1e-9);
    }

    [Fact]
    public async Task A_champion_is_replaced_only_by_what_is_better_on_the_same_rows()
    {
        await using var host = await TrainingHost.StartAsync(postgres);
        var (weak, _) = await host.RunAsync(TrainingHost.Train(spec => Set(spec, "num_iterations", "2")));
        var (strong, _) = await host.RunAsync(TrainingHost.Train(spec => Set(spec, "num_iterations", "60")));
        var (weaker, _) = await host.RunAsync(TrainingHost.Train(spec => Set(spec, "num_iterations", "1")));
        var (unasked, _) = await host.RunAsync(TrainingHost.Train(spec =>
        {
            Set(spec, "num_iterations", "80");
            spec.PromoteWhenBetter = false;
        }));

        Assert.Equal([1, 2], host.Services.Registry.AliasChanges.Select(change => change.ToVersion));
        Assert.Equal((1, 1, 0), (weak.Metrics["promoted"], strong.Metrics["promoted"], weaker.Metrics["promoted"]));
        Assert.Equal(weak.Metrics["auc"], strong.Metrics["champion_auc"], 12);
        Assert.DoesNotContain("promoted", unasked.Metrics.Keys);
    }

    [Fact]
    public async Task A_model_behind_the_baseline_is_registered_and_flagged_but_never_promoted()
    {
        await using var host = await TrainingHost.StartAsync(postgres);
        host.Services.FeatureStore.Label = "(hash(i * 7) % 1000) / 1000.0 < 1 / (1 + exp(-(distance - 500) / 100))";

        // One tree with one split knows less than a line does.
        var (job, _) = await host.RunAsync(TrainingHost.Train(spec =>
        {
            Set(spec, "num_iterations", "1");
            Set(spec, "num_leaves", "2");
        }));

        Assert.Equal(JobState.Succeeded, job.State);
        Assert.Equal("false", host.Services.Registry.Versions[0].Version.Tags["beats_baseline"]);
        Assert.Empty(host.Services.Registry.AliasChanges);
        Assert.Equal(0, job.Metrics["promoted"]);
    }

    [Fact]
    public async Task A_version_is_measured_on_another_range()
    {
        await using var host = await TrainingHost.StartAsync(postgres);
        var (trained, _) = await host.RunAsync(TrainingHost.Train());
        var evaluate = new SubmitJobRequest
        {
            Evaluate = new EvaluateSpec
            {
                ModelName = "delay", Version = trained.ModelVersion, FromMicros = 1_500_000_000_000_000, ToMicros = 1_500_000_000_000_000 + (1_000 * FakeFeatureStore.Minute),
            },
        };

        var (job, _) = await host.RunAsync(evaluate);

        Assert.Equal("", job.Error);
        Assert.Equal(1_000, job.Metrics["rows"]);
        Assert.InRange(job.Metrics["auc"], 0.6, 1);
        Assert.InRange(job.Metrics["auc"], job.Metrics["auc_low"], job.Metrics["auc_high"]);
        Assert.Equal(trained.ModelDigest, job.ModelDigest);
    }

    [Theory]
    [InlineData("no_such_service", 3_000, "There is no feature service")]
    [InlineData("delays", 100, "at least 100 and 50 are needed")]
    public async Task A_job_that_cannot_succeed_says_why_at_the_first_attempt(string service, int rows, string reason)
    {
        await using var host = await TrainingHost.StartAsync(postgres);

        var (job, _) = await host.RunAsync(TrainingHost.Train(spec =>
        {
            spec.FeatureService = service;
            spec.ToMicros = spec.FromMicros + (rows * FakeFeatureStore.Minute);
        }));

        Assert.Equal((JobState.Failed, 1), (job.State, job.Attempt));
        Assert.Contains(reason, job.Error, StringComparison.Ordinal);
        Assert.Empty(host.Services.Registry.Versions);
    }

    [Fact]
    public async Task Labels_of_one_class_and_labels_that_are_no_class_are_refused()
    {
        await using var host = await TrainingHost.StartAsync(postgres);
        host.Services.FeatureStore.Label = "true";
        var (single, _) = await host.RunAsync(TrainingHost.Train());
        host.Services.FeatureStore.Label = "i / 10";
        var (number, _) = await host.RunAsync(TrainingHost.Train());

        Assert.Contains("all positive", single.Error, StringComparison.Ordinal);
        Assert.Contains("only true and false", number.Error, StringComparison.Ordinal);
        Assert.All(host.Services.Registry.Runs.Values, run => Assert.NotEqual(RunStatus.Finished, run.Status));
    }

    [Fact]
    public async Task A_lost_answer_of_the_registry_is_retried_without_a_second_version()
    {
        await using var host = await TrainingHost.StartAsync(postgres);
        host.Services.Registry.LostAnswers = 1;

        var (job, _) = await host.RunAsync(TrainingHost.Train());

        Assert.Equal((JobState.Succeeded, 2, 1), (job.State, job.Attempt, job.ModelVersion));
        Assert.Single(host.Services.Registry.Versions);

        // The second attempt went on with the rows of the first.
        Assert.Equal((1, 2), (host.Services.FeatureStore.Created, host.Services.FeatureStore.Downloads));
    }

    private static void Set(TrainSpec spec, string name, string value) => spec.HyperParameters[name] = value;

    private static void CheckSignature(Dictionary<string, byte[]> files)
    {
        var signature = ModelSignature.Parse(files["signature.json"]);
        var encoder = new FeatureEncoder(signature);
        var encoded = new double[encoder.FeatureCount];
        Assert.Equal(["view:mean", "view:count", "view:kind", "hour", "miles", "age_minutes", "origin_code"], signature.Features.Select(feature => feature.Name));
        Assert.Equal(["a", "b"], signature.Features[2].Vocabulary);
        Assert.Equal(["PDX", "SEA"], signature.Features[6].Vocabulary);
        Assert.Equal("view:last_utc", Assert.Single(signature.ExpressionInputs!).Name);
        Assert.Equal(["origin", "sched_utc", "distance", "view:mean", "view:count", "view:kind", "view:last_utc"], encoder.Inputs.Select(input => input.Name));

        encoder.Encode(
            [ModelValue.Of("SEA"), ModelValue.Timestamp(7_200_000_000), ModelValue.Of(900.0), ModelValue.Of(9.5), ModelValue.Of(3L), ModelValue.Of("a"), ModelValue.Timestamp(7_140_000_000)],
            encoded);
        using var scorer = new OnnxScorer(files["model.onnx"]);

        Assert.Equal([9.5, 3, 0, 2, 900, 1, 1], encoded);
        Assert.InRange(scorer.Score(new EncodedMatrix(encoded.Length, encoded, [true]))[0], 0.8, 1);
    }

    private static void CheckBaseline(Dictionary<string, byte[]> files)
    {
        var baseline = ModelBaseline.Parse(files["baseline.json"]);
        Assert.Equal((2_400, 600), (baseline.Rows, baseline.ScoreRows));
        Assert.All(baseline.Features, feature => Assert.Equal(2_400, feature.Counts.Sum() + feature.Missing));
        Assert.InRange(baseline.Features[0].MissingShare, 0.15, 0.25);
        Assert.Equal(600, baseline.Score.Count);
    }
}
