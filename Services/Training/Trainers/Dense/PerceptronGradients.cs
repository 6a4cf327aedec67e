using System.Numerics.Tensors;
using CloudNativeAi.Modeling.Dense;

namespace CloudNativeAi.Training.Trainers.Dense;

/// <summary>The layers of a perceptron while it learns, and the mean gradient of the log loss over a batch of rows.</summary>
internal sealed class PerceptronGradients
{
    private readonly DenseDesign _design;
    private readonly double[][] _activations;
    private readonly double[][] _errors;

    public PerceptronGradients(DenseDesign design, int[] hidden, SplitMix random)
    {
        _design = design;
        int[] widths = [design.Input.Width, .. hidden, 1];
        Layers = [.. Enumerable.Range(0, widths.Length - 1).Select(layer => Create(widths[layer], widths[layer + 1], random))];
        WeightGradients = [.. Layers.Select(layer => new double[layer.Weights.Length])];
        BiasGradients = [.. Layers.Select(layer => new double[layer.Outputs])];
        _activations = [.. Layers.Select(layer => new double[layer.Outputs])];
        _errors = [.. Layers.Select(layer => new double[layer.Outputs])];
    }

    public DenseLayer[] Layers { get; }

    public double[][] WeightGradients { get; }

    public double[][] BiasGradients { get; }

    public DenseNetwork ToNetwork() => new(
        _design.Input, [.. Layers.Select(layer => layer with { Weights = (double[])layer.Weights.Clone(), Biases = (double[])layer.Biases.Clone() })]);

    public void Compute(ReadOnlySpan<int> rows)
    {
        for (var layer = 0; layer < Layers.Length; layer++)
        {
            Array.Clear(WeightGradients[layer]);
            Array.Clear(BiasGradients[layer]);
        }

        foreach (var row in rows)
        {
            Forward(row);
            _errors[^1][0] = ((1 / (1 + Math.Exp(-_activations[^1][0]))) - (_design.Labels[row] ? 1 : 0)) / rows.Length;
            Backward(row);
        }
    }

    private void Forward(int row)
    {
        var first = _activations[0];
        Layers[0].Biases.CopyTo(first, 0);
        var numbers = _design.Numbers(row);
        for (var input = 0; input < numbers.Length; input++)
        {
            AddRow(Layers[0], input, numbers[input], first);
        }

        foreach (var input in _design.Flags(row))
        {
            AddRow(Layers[0], input, 1, first);
        }

        for (var layer = 1; layer < Layers.Length; layer++)
        {
            var inputs = _activations[layer - 1];
            TensorPrimitives.Max(inputs, 0, inputs);
            Layers[layer].Biases.CopyTo(_activations[layer], 0);
            for (var input = 0; input < inputs.Length; input++)
            {
                if (inputs[input] != 0)
                {
                    AddRow(Layers[layer], input, inputs[input], _activations[layer]);
                }
            }
        }
    }

    private void Backward(int row)
    {
        for (var layer = Layers.Length - 1; layer > 0; layer--)
        {
            var (outputs, inputs, errors) = (Layers[layer].Outputs, _activations[layer - 1], _errors[layer]);
            for (var input = 0; input < inputs.Length; input++)
            {
                // A unit that was off passes nothing on.
                if (inputs[input] == 0)
                {
                    _errors[layer - 1][input] = 0;
                    continue;
                }

                var gradient = WeightGradients[layer].AsSpan(input * outputs, outputs);
                TensorPrimitives.MultiplyAdd(errors, inputs[input], gradient, gradient);
                _errors[layer - 1][input] = TensorPrimitives.Dot(errors, Layers[layer].Weights.AsSpan(input * outputs, outputs));
            }

            TensorPrimitives.Add(BiasGradients[layer], errors, BiasGradients[layer]);
        }

        var numbers = _design.Numbers(row);
        for (var input = 0; input < numbers.Length; input++)
        {
            AddFirstGradient(input, numbers[input]);
        }

        foreach (var input in _design.Flags(row))
        {
            AddFirstGradient(input, 1);
        }

        TensorPrimitives.Add(BiasGradients[0], _errors[0], BiasGradients[0]);
    }

    private void AddFirstGradient(int input, double value)
    {
        var gradient = WeightGradients[0].AsSpan(input * Layers[0].Outputs, Layers[0].Outputs);
        TensorPrimitives.MultiplyAdd(_errors[0], value, gradient, gradient);
    }

    private static void AddRow(DenseLayer layer, int input, double value, double[] outputs) =>
        TensorPrimitives.MultiplyAdd(layer.Weights.AsSpan(input * layer.Outputs, layer.Outputs), value, outputs, outputs);

    // He's initialization: rectifiers halve the variance.
    private static DenseLayer Create(int inputs, int outputs, SplitMix random)
    {
        var scale = Math.Sqrt(2.0 / Math.Max(1, inputs));
        var weights = new double[inputs * outputs];
        for (var index = 0; index < weights.Length; index++)
        {
            weights[index] = scale * random.NextNormal();
        }

        return new DenseLayer(inputs, outputs, weights, new double[outputs]);
    }
}
