using CloudNativeAi.Modeling;
using CloudNativeAi.Modeling.Trees;

namespace CloudNativeAi.Inference.Models;

/// <summary>What each feature added to a score, log-odds; with the base value they add up to the score's.</summary>
internal readonly record struct Explanation(double BaseValue, double[] Contributions);

/// <summary>Says why a version scored as it did, by the trees that training kept beside model.onnx.</summary>
internal sealed class TreeExplainer
{
    // What model.onnx may differ by from the trees it was made of.
    private const double ScoreTolerance = 1e-6;

    private readonly TreeEnsemble? _trees;
    private readonly string _missing;

    private TreeExplainer(TreeEnsemble? trees, string missing) => (_trees, _missing) = (trees, missing);

    /// <param name="directory">Of the version's files. One without usable trees is served all the same.</param>
    public static TreeExplainer Read(string directory)
    {
        var path = Path.Combine(directory, ModelFiles.LightGbmText);
        if (!File.Exists(path))
        {
            return new TreeExplainer(null, $"the version has no {ModelFiles.LightGbmText}: only trees are explained");
        }

        try
        {
            var trees = LightGbmModelText.Parse(File.ReadAllText(path));
            return trees.Trees.All(tree => tree.LeafCovers.Count == tree.LeafValues.Count || tree.NodeCount == 0)
                ? new TreeExplainer(trees, "")
                : new TreeExplainer(null, $"{ModelFiles.LightGbmText} does not say how many training rows went through its nodes");
        }
        catch (FormatException exception)
        {
            return new TreeExplainer(null, $"{ModelFiles.LightGbmText} cannot be read: {exception.Message}");
        }
    }

    /// <param name="row">As the model saw it.</param>
    /// <param name="score">Of model.onnx for the row.</param>
    /// <param name="reason">Why there is no explanation.</param>
    public bool TryExplain(ReadOnlySpan<double> row, double score, out Explanation explanation, out string reason)
    {
        explanation = default;
        reason = _missing;
        if (_trees is null)
        {
            return false;
        }

        if (_trees.FeatureCount != row.Length || !(Math.Abs(_trees.Score(row) - score) <= ScoreTolerance))
        {
            reason = $"{ModelFiles.LightGbmText} does not score as {ModelFiles.Onnx} does";
            return false;
        }

        var contributions = new double[row.Length];
        explanation = new Explanation(TreeShap.Explain(_trees, row, contributions), contributions);
        return true;
    }
}
