namespace CloudNativeAi.Modeling.Trees;

/// <summary>
/// What each feature of a row adds to the sum of the trees: path-dependent TreeSHAP (Lundberg et al. 2018, "Consistent
/// Individualized Feature Attribution for Tree Ensembles", algorithm 2), as LightGBM's <c>predict_contrib</c> computes it.
/// A feature that is not known is averaged over the training rows of each branch.
/// </summary>
public static class TreeShap
{
    // The path begins with an element of no feature.
    private const int NoFeature = -1;

    /// <summary>Base value and contributions add up to <see cref="TreeEnsemble.EvaluateRaw"/>.</summary>
    /// <param name="contributions">Receives one number per feature, log-odds.</param>
    /// <returns>The base value: the mean of the trees over the training rows, log-odds.</returns>
    /// <exception cref="InvalidOperationException">A tree does not say how many rows went where.</exception>
    public static double Explain(TreeEnsemble ensemble, ReadOnlySpan<double> row, Span<double> contributions)
    {
        ArgumentNullException.ThrowIfNull(ensemble);
        contributions[..ensemble.FeatureCount].Clear();
        var path = Array.Empty<PathElement>();
        double baseValue = 0;
        foreach (var tree in ensemble.Trees)
        {
            if (tree.NodeCount == 0)
            {
                baseValue += tree.LeafValues[0];
                continue;
            }

            if (tree.NodeCovers.Count != tree.NodeCount)
            {
                throw new InvalidOperationException("The tree does not say how many training rows went through its nodes.");
            }

            baseValue += Mean(tree);
            // Every level has a path of its own, one longer than its parent's.
            var levels = Depth(tree, 0) + 2;
            if (path.Length < levels * (levels + 1) / 2)
            {
                path = new PathElement[levels * (levels + 1) / 2];
            }

            Walk(tree, row, contributions, 0, path, 0, 1, 1, NoFeature);
        }

        return baseValue;
    }

    private static double Mean(DecisionTree tree)
    {
        double sum = 0;
        for (var leaf = 0; leaf < tree.LeafValues.Count; leaf++)
        {
            sum += tree.LeafCovers[leaf] * tree.LeafValues[leaf];
        }

        return sum / tree.NodeCovers[0];
    }

    private static int Depth(DecisionTree tree, int node) =>
        node < 0 ? 0 : 1 + Math.Max(Depth(tree, tree.LeftChildren[node]), Depth(tree, tree.RightChildren[node]));

    private static double Cover(DecisionTree tree, int node) => node < 0 ? tree.LeafCovers[~node] : tree.NodeCovers[node];

    // The path to the node holds `length` elements before its own is added; what follows it in memory is its children's.
    private static void Walk(
        DecisionTree tree, ReadOnlySpan<double> row, Span<double> contributions, int node, Span<PathElement> path, int length, double zero, double one, int feature)
    {
        Extend(path, length, zero, one, feature);
        if (node < 0)
        {
            for (var i = 1; i <= length; i++)
            {
                contributions[path[i].Feature] += UnwoundSum(path, length, i) * (path[i].One - path[i].Zero) * tree.LeafValues[~node];
            }

            return;
        }

        var split = tree.SplitFeatures[node];
        var (hot, cold) = tree.GoesLeft(node, row[split]) ? (tree.LeftChildren[node], tree.RightChildren[node]) : (tree.RightChildren[node], tree.LeftChildren[node]);
        var (zeroBefore, oneBefore) = (1.0, 1.0);
        for (var i = 1; i <= length; i++)
        {
            if (path[i].Feature == split)
            {
                // A feature counts once on a path: its earlier split goes into this one.
                (zeroBefore, oneBefore) = (path[i].Zero, path[i].One);
                Unwind(path, length, i);
                length--;
                break;
            }
        }

        var own = path[(length + 1)..];
        var passing = zeroBefore / tree.NodeCovers[node];
        path[..(length + 1)].CopyTo(own);
        Walk(tree, row, contributions, hot, own, length + 1, passing * Cover(tree, hot), oneBefore, split);
        path[..(length + 1)].CopyTo(own);
        Walk(tree, row, contributions, cold, own, length + 1, passing * Cover(tree, cold), 0, split);
    }

    private static void Extend(Span<PathElement> path, int length, double zero, double one, int feature)
    {
        path[length] = new PathElement(feature, zero, one, length == 0 ? 1 : 0);
        for (var i = length - 1; i >= 0; i--)
        {
            path[i + 1].Weight += one * path[i].Weight * (i + 1) / (length + 1);
            path[i].Weight *= zero * (length - i) / (length + 1);
        }
    }

    private static void Unwind(Span<PathElement> path, int length, int index)
    {
        var (one, zero) = (path[index].One, path[index].Zero);
        var next = path[length].Weight;
        for (var i = length - 1; i >= 0; i--)
        {
            if (one != 0)
            {
                var weight = path[i].Weight;
                path[i].Weight = next * (length + 1) / ((i + 1) * one);
                next = weight - (path[i].Weight * zero * (length - i) / (length + 1));
            }
            else
            {
                path[i].Weight = zero == 0 ? 0 : path[i].Weight * (length + 1) / (zero * (length - i));
            }
        }

        for (var i = index; i < length; i++)
        {
            path[i] = path[i + 1] with { Weight = path[i].Weight };
        }
    }

    // The sum of the weights that unwinding would leave.
    private static double UnwoundSum(Span<PathElement> path, int length, int index)
    {
        var (one, zero) = (path[index].One, path[index].Zero);
        var next = path[length].Weight;
        double sum = 0;
        for (var i = length - 1; i >= 0; i--)
        {
            if (one != 0)
            {
                var weight = next * (length + 1) / ((i + 1) * one);
                sum += weight;
                next = path[i].Weight - (weight * zero * (length - i) / (length + 1));
            }
            else if (zero != 0)
            {
                sum += path[i].Weight * (length + 1) / (zero * (length - i));
            }
        }

        return sum;
    }

    /// <param name="Zero">The share of rows that pass when the feature is not known.</param>
    /// <param name="One">Whether the row passes: 1 or 0.</param>
    /// <param name="Weight">Of the sets of known features that have as many members as the element's place.</param>
    private record struct PathElement(int Feature, double Zero, double One, double Weight);
}
