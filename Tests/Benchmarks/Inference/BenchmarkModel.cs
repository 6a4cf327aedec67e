using System.Runtime.InteropServices;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Modeling.Trees;
using Google.Protobuf;

namespace CloudNativeAi.Benchmarks.Inference;

/// <summary>200 trees of 31 leaves on 20 features, as training makes them, with made-up splits; and rows for it.</summary>
internal static class BenchmarkModel
{
    public const string Name = "bench";
    public const int Features = 20;

    private const int Trees = 200;
    private const int Leaves = 31;

    public static readonly TreeEnsemble Ensemble = Create(version: 1);

    public static double[] Row(int number)
    {
        var random = new Random(number);
        return [.. Enumerable.Range(0, Features).Select(_ => random.NextDouble())];
    }

    public static ModelInferRequest Request(params double[][] rows) => new()
    {
        ModelName = Name,
        Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "features", Datatype = "FP64", Shape = { rows.Length, Features } } },
        RawInputContents = { ByteString.CopyFrom(MemoryMarshal.AsBytes<double>(rows.SelectMany(row => row).ToArray())) },
    };

    /// <summary>A fast wrong answer is not an answer.</summary>
    public static void Check(ModelInferResponse response, params double[][] rows)
    {
        var scores = MemoryMarshal.Cast<byte, double>(response.RawOutputContents[0].Span);
        for (var i = 0; i < rows.Length; i++)
        {
            var expected = Ensemble.Score(rows[i]);
            if (scores.Length != rows.Length || !(Math.Abs(scores[i] - expected) < 1e-9))
            {
                throw new InvalidOperationException($"Row {i} of {scores.Length}: {scores[i]}, but the model gives {expected}.");
            }
        }
    }

    /// <param name="version">Its splits are its own.</param>
    public static TreeEnsemble Create(int version)
    {
        var random = new Random(version);
        return new TreeEnsemble(Features, [.. Enumerable.Range(0, Trees).Select(_ => Tree(random))]);
    }

    // Node i has the children 2i + 1 and 2i + 2; what is beyond the nodes is a leaf.
    private static DecisionTree Tree(Random random)
    {
        const int Nodes = Leaves - 1;
        int Child(int index) => index < Nodes ? index : ~(index - Nodes);
        var nodes = Enumerable.Range(0, Nodes).ToArray();
        return new DecisionTree(
            [.. nodes.Select(_ => random.Next(Features))],
            [.. nodes.Select(_ => random.NextDouble())],
            [.. nodes.Select(_ => true)],
            [.. nodes.Select(_ => MissingValues.AreNaN)],
            new IReadOnlyList<int>?[Nodes],
            [.. nodes.Select(node => Child((2 * node) + 1))],
            [.. nodes.Select(node => Child((2 * node) + 2))],
            [.. Enumerable.Range(0, Leaves).Select(_ => (random.NextDouble() - 0.5) / 10)]);
    }
}
