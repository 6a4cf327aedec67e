using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Modeling.Trees;
using CloudNativeAi.TestSupport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Tests.Models;

/// <summary>Trees that run without ONNX Runtime, held to ONNX Runtime.</summary>
public sealed class TreeRunnerTests : IDisposable
{
    private const int Features = 4;

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"cnai-trees-{Guid.NewGuid():N}.onnx");
    private readonly ExecutionProvider _cpu;

    public TreeRunnerTests()
    {
        var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var metrics = new InferenceMetrics(services.GetRequiredService<IMeterFactory>());
        _cpu = new ExecutionProvider(Options.Create(new ExecutionProviderOptions()), metrics, NullLogger<ExecutionProvider>.Instance);
    }

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    public void Scores_are_those_of_ONNX_Runtime(int trees)
    {
        var random = new Random(trees);
        File.WriteAllBytes(_path, TreeEnsembleOnnx.Write(new TreeEnsemble(Features, [.. Enumerable.Range(0, trees).Select(_ => RandomTree(random))])));
        using var onnx = OnnxModel.Load(_path, _cpu, intraOpThreads: 1);

        var runner = TreeRunner.TryCreate(_path, onnx);

        Assert.NotNull(runner);
        foreach (var rows in new[] { 0, 1, 3, 200 })
        {
            Tensor[] inputs = [new("features", Datatype.Fp64, [rows, Features], MemoryMarshal.AsBytes<double>(Enumerable.Range(0, rows * Features).Select(i => RandomValue(random, i % Features)).ToArray()).ToArray())];
            var (actual, expected) = (Assert.Single(runner.Run(inputs, [0])), Assert.Single(onnx.Run(inputs, [0])));
            Assert.Equal((expected.Name, expected.Datatype), (actual.Name, actual.Datatype));
            Assert.Equal(expected.Shape, actual.Shape);
            Assert.Equal(Doubles(expected), Doubles(actual), (left, right) => Math.Abs(left - right) <= 1e-12);
        }
    }

    [Theory]
    [InlineData("xgboost-regressor")]
    [InlineData("mnist-8")]
    [InlineData("sklearn-randomforest-iris")]
    public void Other_models_are_left_to_ONNX_Runtime(string name)
    {
        var path = Repository.SharedData($"onnx-models/{name}/model.onnx");
        using var onnx = OnnxModel.Load(path, _cpu, intraOpThreads: 1);

        Assert.Null(TreeRunner.TryCreate(path, onnx));
    }

    [Fact]
    public void Trees_that_do_not_score_as_the_loaded_model_are_not_used()
    {
        var random = new Random(7);
        var tree = RandomTree(random);
        File.WriteAllBytes(_path, TreeEnsembleOnnx.Write(new TreeEnsemble(Features, [tree])));
        using var onnx = OnnxModel.Load(_path, _cpu, intraOpThreads: 1);
        File.WriteAllBytes(_path, TreeEnsembleOnnx.Write(new TreeEnsemble(Features, [tree with { LeafValues = [.. tree.LeafValues.Select(value => value + 1e-9)] }])));

        Assert.Null(TreeRunner.TryCreate(_path, onnx));
    }

    private static double[] Doubles(Tensor tensor) => MemoryMarshal.Cast<byte, double>(tensor.Raw.Span).ToArray();

    // The last feature is a category, which is always whole: what ONNX Runtime takes 3.5 for depends on the size of the set.
    private static double RandomValue(Random random, int feature) => random.Next(9) switch
    {
        0 => double.NaN,
        1 => double.PositiveInfinity,
        _ => feature == Features - 1 ? random.Next(-1, 70) : random.Next(8) / 8.0,
    };

    private static DecisionTree RandomTree(Random random)
    {
        const int Nodes = 15;
        int Child(int index) => index < Nodes ? index : ~(index - Nodes);
        var nodes = Enumerable.Range(0, Nodes).ToArray();
        int[] features = [.. nodes.Select(_ => random.Next(Features))];
        return new DecisionTree(
            features,
            [.. nodes.Select(_ => random.Next(8) / 8.0)],
            [.. nodes.Select(_ => random.Next(2) == 0)],
            [.. nodes.Select(_ => (MissingValues)random.Next(2))],
            [.. features.Select(feature => feature == Features - 1 ? (IReadOnlyList<int>)[.. Enumerable.Range(0, 60).Where(_ => random.Next(2) == 0)] : null)],
            [.. nodes.Select(node => Child((2 * node) + 1))],
            [.. nodes.Select(node => Child((2 * node) + 2))],
            [.. Enumerable.Range(0, Nodes + 1).Select(_ => random.NextDouble() - 0.5)]);
    }
}
