using System.Numerics;
using CloudNativeAi.Modeling.Trees;

namespace CloudNativeAi.Modeling.Tests.Trees;

public sealed class TreeShapTests
{
    private const int Features = 5;

    /// <summary>Against the definition: the mean over all orders of what a feature adds, unknown features averaged by the rows of each branch.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Contributions_are_the_Shapley_values_of_random_trees(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 50; round++)
        {
            var ensemble = new TreeEnsemble(Features, [.. Enumerable.Range(0, 3).Select(_ => RandomTree(random, leaves: random.Next(1, 12)))]);
            double[] row = [.. Enumerable.Range(0, Features).Select(_ => random.Next(6) == 0 ? double.NaN : random.NextDouble())];
            var contributions = new double[Features];

            var baseValue = TreeShap.Explain(ensemble, row, contributions);

            Assert.Equal(ValueOf(ensemble, row, known: 0), baseValue, 1e-9);
            for (var feature = 0; feature < Features; feature++)
            {
                Assert.Equal(Shapley(ensemble, row, feature), contributions[feature], 1e-9);
            }

            Assert.Equal(ensemble.EvaluateRaw(row), baseValue + contributions.Sum(), 1e-9);
        }
    }

    [Fact]
    public void Trees_without_row_counts_are_refused()
    {
        var tree = RandomTree(new Random(1), leaves: 4) with { NodeCovers = [], LeafCovers = [] };

        Assert.Throws<InvalidOperationException>(() => TreeShap.Explain(new TreeEnsemble(Features, [tree]), new double[Features], new double[Features]));
    }

    private static double Shapley(TreeEnsemble ensemble, double[] row, int feature)
    {
        double sum = 0;
        for (var known = 0; known < 1 << Features; known++)
        {
            if ((known & (1 << feature)) == 0)
            {
                var count = BitOperations.PopCount((uint)known);
                var weight = Factorial(count) * Factorial(Features - count - 1) / Factorial(Features);
                sum += weight * (ValueOf(ensemble, row, known | (1 << feature)) - ValueOf(ensemble, row, known));
            }
        }

        return sum;
    }

    private static double Factorial(int number) => number <= 1 ? 1 : number * Factorial(number - 1);

    private static double ValueOf(TreeEnsemble ensemble, double[] row, int known) => ensemble.Trees.Sum(tree => tree.NodeCount == 0 ? tree.LeafValues[0] : ValueOf(tree, row, known, node: 0));

    private static double ValueOf(DecisionTree tree, double[] row, int known, int node)
    {
        if (node < 0)
        {
            return tree.LeafValues[~node];
        }

        var (left, right) = (tree.LeftChildren[node], tree.RightChildren[node]);
        var split = tree.SplitFeatures[node];
        if ((known & (1 << split)) != 0)
        {
            return ValueOf(tree, row, known, double.IsNaN(row[split]) ? (tree.DefaultsLeft[node] ? left : right) : row[split] <= tree.Thresholds[node] ? left : right);
        }

        var (leftRows, rightRows) = (Cover(tree, left), Cover(tree, right));
        return ((leftRows * ValueOf(tree, row, known, left)) + (rightRows * ValueOf(tree, row, known, right))) / (leftRows + rightRows);
    }

    private static double Cover(DecisionTree tree, int node) => node < 0 ? tree.LeafCovers[~node] : tree.NodeCovers[node];

    // Splits a random leaf until there are enough; features come again on a path.
    private static DecisionTree RandomTree(Random random, int leaves)
    {
        List<int> features = [], left = [], right = [], leafCovers = [random.Next(50, 100)];
        List<double> thresholds = [];
        List<bool> defaultsLeft = [];
        List<(List<int>? Children, int Node)> parents = [(null, -1)];
        while (leafCovers.Count < leaves)
        {
            var leaf = random.Next(leafCovers.Count);
            if (leafCovers[leaf] < 2)
            {
                break;
            }

            var node = features.Count;
            features.Add(random.Next(Features));
            thresholds.Add(random.NextDouble());
            defaultsLeft.Add(random.Next(2) == 0);
            if (parents[leaf].Children is { } children)
            {
                children[parents[leaf].Node] = node;
            }

            left.Add(~leaf);
            right.Add(~leafCovers.Count);
            var goesLeft = random.Next(1, leafCovers[leaf]);
            leafCovers.Add(leafCovers[leaf] - goesLeft);
            leafCovers[leaf] = goesLeft;
            parents[leaf] = (left, node);
            parents.Add((right, node));
        }

        int CoverOf(int child) => child < 0 ? leafCovers[~child] : CoverOf(left[child]) + CoverOf(right[child]);
        return new DecisionTree(
            features, thresholds, defaultsLeft, [.. features.Select(_ => MissingValues.AreNaN)], new IReadOnlyList<int>?[features.Count], left, right,
            [.. leafCovers.Select(_ => random.NextDouble() - 0.5)])
        {
            NodeCovers = [.. Enumerable.Range(0, features.Count).Select(CoverOf)],
            LeafCovers = leafCovers,
        };
    }
}
