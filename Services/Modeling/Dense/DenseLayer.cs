using CloudNativeAi.Modeling.Onnx;

namespace CloudNativeAi.Modeling.Dense;

/// <param name="Weights">Row-major [inputs, outputs].</param>
public sealed record DenseLayer(int Inputs, int Outputs, double[] Weights, double[] Biases)
{
    internal double[] Apply(double[] values, bool rectify)
    {
        var outputs = (double[])Biases.Clone();
        for (var input = 0; input < Inputs; input++)
        {
            var value = values[input];
            if (value == 0)
            {
                continue;
            }

            var weights = Weights.AsSpan(input * Outputs, Outputs);
            for (var output = 0; output < outputs.Length; output++)
            {
                outputs[output] += value * weights[output];
            }
        }

        for (var output = 0; rectify && output < outputs.Length; output++)
        {
            outputs[output] = Math.Max(0, outputs[output]);
        }

        return outputs;
    }

    internal string ToOnnx(OnnxGraph graph, string input) => graph.Node(
        "Add",
        [graph.Node("MatMul", [input, graph.Constant(Weights.AsSpan(), Inputs, Outputs)]), graph.Constant(Biases.AsSpan(), 1, Outputs)]);
}
