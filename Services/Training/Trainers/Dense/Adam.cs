using CloudNativeAi.Modeling.Dense;

namespace CloudNativeAi.Training.Trainers.Dense;

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter).</summary>
internal sealed class Adam(DenseLayer[] layers, double learningRate, double weightDecay)
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;

    private readonly (double[] First, double[] Second)[] _weights = [.. layers.Select(layer => (new double[layer.Weights.Length], new double[layer.Weights.Length]))];
    private readonly (double[] First, double[] Second)[] _biases = [.. layers.Select(layer => (new double[layer.Outputs], new double[layer.Outputs]))];
    private int _step;

    public void Step(double[][] weightGradients, double[][] biasGradients)
    {
        _step++;
        for (var layer = 0; layer < layers.Length; layer++)
        {
            Move(layers[layer].Weights, weightGradients[layer], _weights[layer], weightDecay);
            Move(layers[layer].Biases, biasGradients[layer], _biases[layer], decay: 0);
        }
    }

    private void Move(double[] values, double[] gradient, (double[] First, double[] Second) moments, double decay)
    {
        var (correction1, correction2) = (1 - Math.Pow(Beta1, _step), 1 - Math.Pow(Beta2, _step));
        for (var index = 0; index < values.Length; index++)
        {
            var first = moments.First[index] = (Beta1 * moments.First[index]) + ((1 - Beta1) * gradient[index]);
            var second = moments.Second[index] = (Beta2 * moments.Second[index]) + ((1 - Beta2) * gradient[index] * gradient[index]);
            values[index] -= learningRate * ((first / correction1 / (Math.Sqrt(second / correction2) + Epsilon)) + (decay * values[index]));
        }
    }
}
