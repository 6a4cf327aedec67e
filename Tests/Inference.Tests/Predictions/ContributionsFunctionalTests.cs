using System.Text;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Inference.Tests.Support;
using CloudNativeAi.Modeling;
using CloudNativeAi.Modeling.Trees;

namespace CloudNativeAi.Inference.Tests.Predictions;

public sealed class ContributionsFunctionalTests : IAsyncLifetime
{
    private const string Model = TestModels.Name;

    // The first feature splits 30 rows of 40 to the left; of those the third, at 4, splits 10 from 20.
    private const string Booster = """
        tree
        version=v4
        num_class=1
        num_tree_per_iteration=1
        max_feature_idx=2
        objective=binary sigmoid:1

        Tree=0
        num_leaves=3
        num_cat=0
        split_feature=0 2
        threshold=0.5 4
        decision_type=8 8
        left_child=1 -1
        right_child=-2 -3
        leaf_value=-1 2 0.5
        leaf_count=10 10 20
        internal_count=40 30
        is_linear=0
        shrinkage=1

        end of trees
        """;

    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        _host = InferenceHost.Start(_platform);
        _platform.Features.Read = (_, _) => (0, FeatureStatus.Present, 60);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Fact]
    public async Task Contributions_are_the_Shapley_values_of_the_trees_and_add_up_to_the_score()
    {
        await ServeAsync(TreeEnsembleOnnx.Write(LightGbmModelText.Parse(Booster)), Booster);
        var request = TestModels.Request("u1", amount: 3, id: "explained");
        request.ReturnContributions = true;

        var answer = await _host.Predictions.PredictAsync(request, cancellationToken: Cancelled);

        // v({}) = (10 * -1 + 10 * 2 + 20 * 0.5) / 40 = 0.5; the row goes left, then right: v(all) = 0.5.
        // v({first}) = (10 * -1 + 20 * 0.5) / 30 = 0; v({third}) = 0.75 * 0.5 + 0.25 * 2 = 0.875.
        Assert.Empty(answer.NotExplained);
        Assert.Equal(0.5, answer.BaseValue, 1e-12);
        Assert.Equal([TestModels.First, TestModels.Second, "doubled"], answer.Contributions.Select(contribution => contribution.Name));
        Assert.Equal(((0 - 0.5) + (0.5 - 0.875)) / 2, answer.Contributions[0].Contribution, 1e-12);
        Assert.Equal(0, answer.Contributions[1].Contribution);
        Assert.Equal(((0.875 - 0.5) + (0.5 - 0)) / 2, answer.Contributions[2].Contribution, 1e-12);
        Assert.Equal(Math.Log(answer.Score / (1 - answer.Score)), answer.BaseValue + answer.Contributions.Sum(contribution => contribution.Contribution), 1e-9);
    }

    [Fact]
    public async Task Prediction_is_explained_when_it_is_asked_for_again()
    {
        await ServeAsync(TreeEnsembleOnnx.Write(LightGbmModelText.Parse(Booster)), Booster);
        var request = TestModels.Request("u1", amount: 3, id: "later");

        var plain = await _host.Predictions.PredictAsync(request, cancellationToken: Cancelled);
        request.ReturnContributions = true;
        var explained = await _host.Predictions.PredictAsync(request, cancellationToken: Cancelled);

        Assert.Empty(plain.Contributions);
        Assert.Equal(plain.Score, explained.Score);
        Assert.Equal(3, explained.Contributions.Count);
    }

    [Theory]
    [InlineData(null, "has no model.txt")]
    [InlineData("Not a booster at all", "cannot be read")]
    [InlineData(Booster, "does not score as model.onnx does")]
    public async Task Version_without_trees_of_its_own_answers_and_says_why_it_is_not_explained(string? booster, string reason)
    {
        await ServeAsync(TestOnnx.Logistic(1, -2, 0.5), booster);
        var request = TestModels.Request("u1");
        request.ReturnContributions = true;

        var answer = await _host.Predictions.PredictAsync(request, cancellationToken: Cancelled);

        Assert.Equal(TestModels.Score(0, 0, 3), answer.Score, 1e-12);
        Assert.Empty(answer.Contributions);
        Assert.Contains(reason, answer.NotExplained, StringComparison.Ordinal);
    }

    private async Task ServeAsync(byte[] onnx, string? booster)
    {
        List<(string, byte[])> files = [(ModelFiles.Onnx, onnx), (ModelFiles.Signature, TestModels.Signature().ToJson())];
        if (booster is not null)
        {
            files.Add((ModelFiles.LightGbmText, Encoding.UTF8.GetBytes(booster)));
        }

        _platform.Registry.Add(Model, [.. files]);
        _platform.Registry.SetAlias(Model, "champion", 1);
        await _host.WaitForAsync(Model, "champion", 1);
    }
}
