using CloudNativeAi.Modeling.Dense;

namespace CloudNativeAi.Training.Trainers.Dense;

internal static class DenseImportance
{
    public const string Kind = "Sum of the absolute first-layer weights of the feature's standardized inputs";

    public static double[] Of(DenseNetwork network)
    {
        var input = network.Input;
        var importance = new double[input.FeatureCount];
        var next = 0;
        foreach (var feature in input.Numeric.Concat(input.CanBeMissing))
        {
            importance[feature] += Weight(network.Layers[0], next++);
        }

        for (var index = 0; index < input.Categorical.Count; index++)
        {
            for (var category = 0; category < input.CategoryCounts[index]; category++)
            {
                importance[input.Categorical[index]] += Weight(network.Layers[0], next++);
            }
        }

        return importance;
    }

    private static double Weight(DenseLayer layer, int input)
    {
        double sum = 0;
        foreach (var weight in layer.Weights.AsSpan(input * layer.Outputs, layer.Outputs))
        {
            sum += Math.Abs(weight);
        }

        return sum;
    }
}
