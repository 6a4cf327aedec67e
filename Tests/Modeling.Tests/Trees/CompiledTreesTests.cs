using CloudNativeAi.Modeling.Trees;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Modeling.Tests.Trees;

public sealed class CompiledTreesTests
{
    private const int Features = 6;
    private const int Categorical = 5;

    /// <summary>Full and part groups of trees, blocks of rows and what is left of one, values on thresholds, missing ones, categories there are and are not.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 1)]
    [InlineData(8, 0)]
    [InlineData(37, 2)]
    [InlineData(200, 0)]
    [InlineData(200, 2)]
    public void Scores_are_those_of_the_trees_to_the_bit(int trees, int categoricalShare)
    {
        var random = new Random(trees);
        for (var round = 0; round < 20; round++)
        {
            var ensemble = RandomEnsemble(random, trees, categoricalShare / 10.0);
            var rows = Enumerable.Range(0, random.Next(1, 100)).Select(_ => RandomRow(random, ensemble)).ToArray();
            var scores = new double[rows.Length];

            new CompiledTrees(ensemble).Score(rows.SelectMany(row => row).ToArray(), scores);

            Assert.Equal(rows.Select(row => ensemble.Score(row)), scores);
        }
    }

    [Fact]
    public void No_row_is_no_score() => new CompiledTrees(RandomEnsemble(new Random(1), 9, 0)).Score([], []);

    [Fact]
    public void Rows_of_another_width_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CompiledTrees(RandomEnsemble(new Random(1), 9, 0)).Score(new double[Features + 1], new double[1]));

    [Fact]
    public void Trees_are_read_back_from_their_model()
    {
        var random = new Random(3);
        for (var round = 0; round < 30; round++)
        {
            var ensemble = RandomEnsemble(random, random.Next(1, 20), 0.3);

            var read = TreeEnsembleOnnxReader.Read(TreeEnsembleOnnx.Write(ensemble));

            Assert.NotNull(read);
            Assert.Equal(Features, read.FeatureCount);
            for (var i = 0; i < 50; i++)
            {
                var row = RandomRow(random, ensemble);
                Assert.Equal(ensemble.EvaluateRaw(row), read.EvaluateRaw(row));
            }
        }
    }

    [Fact]
    public void Broken_model_is_an_error_and_never_another_answer()
    {
        var model = TreeEnsembleOnnx.Write(RandomEnsemble(new Random(4), 5, 0.3));
        var random = new Random(5);
        for (var i = 0; i < 2_000; i++)
        {
            var broken = model.ToArray();
            broken[random.Next(broken.Length)] ^= (byte)(1 << random.Next(8));
            var read = ReadOrNull(broken);

            // Whatever was read can be walked to its end.
            read?.EvaluateRaw(new double[read.FeatureCount]);
            _ = read is null ? null : new CompiledTrees(read);
        }

        // The last bytes name the operator sets, which is not the reader's business.
        Assert.All(Enumerable.Range(30, 500), cut => Assert.Null(ReadOrNull(model.AsSpan(0, model.Length - cut).ToArray())));
    }

    [Fact]
    public void Other_models_are_not_taken_for_trees() =>
        Assert.All(["xgboost-regressor", "mnist-8"], model => Assert.Null(TreeEnsembleOnnxReader.Read(File.ReadAllBytes(Repository.SharedData($"onnx-models/{model}/model.onnx")))));

    private static TreeEnsemble? ReadOrNull(byte[] model)
    {
        try
        {
            return TreeEnsembleOnnxReader.Read(model);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static TreeEnsemble RandomEnsemble(Random random, int trees, double categoricalShare) =>
        new(Features, [.. Enumerable.Range(0, trees).Select(_ => RandomTree(random, random.Next(1, 32), categoricalShare))]);

    private static double[] RandomRow(Random random, TreeEnsemble ensemble)
    {
        var row = new double[Features];
        for (var feature = 0; feature < Features; feature++)
        {
            row[feature] = feature == Categorical ? random.Next(-1, 150) : random.Next(8) / 8.0;
        }

        if (random.Next(3) == 0)
        {
            row[random.Next(Features)] = random.Next(3) switch { 0 => double.NaN, 1 => double.PositiveInfinity, _ => double.NegativeInfinity };
        }

        // On a threshold exactly.
        var tree = ensemble.Trees[random.Next(ensemble.Trees.Count)];
        if (tree.NodeCount > 0 && tree.LeftCategories[0] is null)
        {
            row[tree.SplitFeatures[0]] = tree.Thresholds[0];
        }

        return row;
    }

    // Splits a random leaf until there are enough.
    private static DecisionTree RandomTree(Random random, int leaves, double categoricalShare)
    {
        List<int> features = [], left = [], right = [];
        List<double> thresholds = [];
        List<IReadOnlyList<int>?> categories = [];
        for (var node = 0; node < leaves - 1; node++)
        {
            // The new node takes the place of a leaf, which becomes its left one; the right one is new.
            var leaf = random.Next(node + 1);
            if (node > 0)
            {
                var children = left.IndexOf(~leaf) is var index and >= 0 ? (left, index) : (right, right.IndexOf(~leaf));
                children.Item1[children.Item2] = node;
            }

            var isCategorical = random.NextDouble() < categoricalShare;
            features.Add(isCategorical ? Categorical : random.Next(Categorical));
            thresholds.Add(isCategorical ? 0 : random.Next(8) / 8.0);
            categories.Add(isCategorical ? [.. Enumerable.Range(0, 140).Where(_ => random.Next(3) == 0)] : null);
            left.Add(~leaf);
            right.Add(~(node + 1));
        }

        return new DecisionTree(
            features, thresholds, [.. features.Select(_ => random.Next(2) == 0)], [.. features.Select(_ => (MissingValues)random.Next(2))],
            categories, left, right, [.. Enumerable.Range(0, leaves).Select(_ => random.NextDouble() - 0.5)]);
    }
}
