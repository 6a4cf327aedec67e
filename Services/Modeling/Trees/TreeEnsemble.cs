namespace CloudNativeAi.Modeling.Trees;

/// <summary>A boosted classifier: the probability is the logistic function of the sum of the trees.</summary>
public sealed record TreeEnsemble(int FeatureCount, IReadOnlyList<DecisionTree> Trees)
{
    /// <summary>Log-odds.</summary>
    public double EvaluateRaw(ReadOnlySpan<double> row)
    {
        double sum = 0;
        foreach (var tree in Trees)
        {
            sum += tree.Evaluate(row);
        }

        return sum;
    }

    /// <summary>Probability of the positive class.</summary>
    public double Score(ReadOnlySpan<double> row) => 1 / (1 + Math.Exp(-EvaluateRaw(row)));
}
