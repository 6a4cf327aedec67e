using CloudNativeAi.Modeling.Trees;

namespace CloudNativeAi.Modeling.Tests.Trees;

public sealed class LightGbmModelTextTests
{
    // A stump on one column; -1 goes to the left leaf, 1 to the right one.
    private static string Stump(string threshold) => $"""
        tree
        version=v4
        num_class=1
        num_tree_per_iteration=1
        label_index=0
        max_feature_idx=0
        objective=binary sigmoid:1

        Tree=0
        num_leaves=2
        num_cat=0
        split_feature=0
        threshold={threshold}
        decision_type=8
        left_child=-1
        right_child=-2
        leaf_value=-0.5 0.25
        is_linear=0
        shrinkage=1

        end of trees
        """;

    [Theory]
    [InlineData("0", -0.5, 0.25)]
    [InlineData("1.0000000180025095e-35", -0.5, 0.25)]
    [InlineData("inf", -0.5, -0.5)]
    [InlineData("-inf", 0.25, 0.25)]
    public void Threshold_is_read_as_LightGBM_writes_it(string threshold, double below, double above)
    {
        var ensemble = LightGbmModelText.Parse(Stump(threshold));

        Assert.Equal(below, ensemble.EvaluateRaw([-1]));
        Assert.Equal(above, ensemble.EvaluateRaw([1]));
    }

    [Fact]
    public void Unsupported_objective_is_named()
    {
        var error = Assert.Throws<FormatException>(() => LightGbmModelText.Parse(Stump("0").Replace("binary sigmoid:1", "regression", StringComparison.Ordinal)));

        Assert.Contains("regression", error.Message, StringComparison.Ordinal);
    }
}
