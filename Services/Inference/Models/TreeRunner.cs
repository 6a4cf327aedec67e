using System.Runtime.InteropServices;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Modeling.Trees;

namespace CloudNativeAi.Inference.Models;

/// <summary>
/// Runs a model that is nothing but boosted trees without ONNX Runtime, whose call costs several times what the trees do when the
/// rows are few. It is used only after it gave ONNX Runtime's scores on rows that take all kinds of branches.
/// </summary>
internal sealed class TreeRunner
{
    // Sums are made in another order, and exponentials by other code.
    private const double Tolerance = 1e-12;
    private const int Probes = 256;

    private readonly CompiledTrees _trees;
    private readonly string _output;

    private TreeRunner(CompiledTrees trees, string output) => (_trees, _output) = (trees, output);

    /// <summary>Null when the model is another one, or does not score as its trees do.</summary>
    /// <param name="path">Of model.onnx, which was loaded as <paramref name="onnx"/>.</param>
    public static TreeRunner? TryCreate(string path, OnnxModel onnx)
    {
        if (onnx is not { Inputs: [{ Datatype: Datatype.Fp64, Shape: [-1, > 0 and var features] }], Outputs: [{ Datatype: Datatype.Fp64, Shape: [-1, 1] } output] })
        {
            return null;
        }

        TreeEnsemble? ensemble;
        try
        {
            ensemble = TreeEnsembleOnnxReader.Read(File.ReadAllBytes(path));
        }
        catch (FormatException)
        {
            // ONNX Runtime could read it, so it is a form of model that is not known here.
            return null;
        }

        if (ensemble is null || ensemble.FeatureCount != features)
        {
            return null;
        }

        var runner = new TreeRunner(new CompiledTrees(ensemble), output.Name);
        return runner.ScoresAs(onnx, ensemble) ? runner : null;
    }

    /// <summary>One run: see <see cref="OnnxModel.Run"/>.</summary>
    public Tensor[] Run(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<int> outputs)
    {
        var rows = inputs[0].Shape[0];
        var scores = new byte[rows * sizeof(double)];
        _trees.Score(MemoryMarshal.Cast<byte, double>(inputs[0].Raw.Span), MemoryMarshal.Cast<byte, double>(scores.AsSpan()));
        return [new Tensor(_output, Datatype.Fp64, [rows, 1], scores)];
    }

    private bool ScoresAs(OnnxModel onnx, TreeEnsemble ensemble)
    {
        var probes = MakeProbes(ensemble);
        Tensor[] inputs = [new Tensor(onnx.Inputs[0].Name, Datatype.Fp64, [Probes, ensemble.FeatureCount], MemoryMarshal.AsBytes<double>(probes).ToArray())];
        var ours = MemoryMarshal.Cast<byte, double>(Run(inputs, onnx.AllOutputs)[0].Raw.Span);
        var theirs = MemoryMarshal.Cast<byte, double>(onnx.Run(inputs, onnx.AllOutputs)[0].Raw.Span);
        for (var i = 0; i < Probes; i++)
        {
            if (!(Math.Abs(ours[i] - theirs[i]) <= Tolerance))
            {
                return false;
            }
        }

        return true;
    }

    // Values on, beside and far from thresholds, missing ones, categories that are known and that are not.
    private static double[] MakeProbes(TreeEnsemble ensemble)
    {
        var random = new Random(1);
        var known = Enumerable.Range(0, ensemble.FeatureCount).Select(_ => new List<double> { 0, 0.5, -1, 1e300, -1e300 }).ToArray();
        foreach (var tree in ensemble.Trees)
        {
            for (var node = 0; node < tree.NodeCount; node++)
            {
                known[tree.SplitFeatures[node]].AddRange(
                    tree.LeftCategories[node]?.Select(category => (double)category) ?? [tree.Thresholds[node], Math.BitIncrement(tree.Thresholds[node])]);
            }
        }

        var probes = new double[Probes * ensemble.FeatureCount];
        for (var i = 0; i < probes.Length; i++)
        {
            var values = known[i % ensemble.FeatureCount];
            probes[i] = random.Next(16) == 0 ? double.NaN : values[random.Next(values.Count)];
        }

        return probes;
    }
}
