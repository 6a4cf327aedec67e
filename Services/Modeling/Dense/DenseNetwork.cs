using CloudNativeAi.Modeling.Onnx;

namespace CloudNativeAi.Modeling.Dense;

/// <summary>Layers of weights with rectifiers between them and a logistic function at the end; one layer is a logistic regression.</summary>
public sealed record DenseNetwork(DenseInput Input, IReadOnlyList<DenseLayer> Layers)
{
    // ONNX's TensorProto.DataType.
    private const long DoubleType = 11;

    /// <summary>Probability of the positive class.</summary>
    public double Score(ReadOnlySpan<double> row)
    {
        var values = new double[Input.Width];
        Input.Expand(row, values);
        for (var layer = 0; layer < Layers.Count; layer++)
        {
            values = Layers[layer].Apply(values, rectify: layer < Layers.Count - 1);
        }

        return 1 / (1 + Math.Exp(-values[0]));
    }

    public byte[] ToOnnx()
    {
        var graph = new OnnxGraph(Input.FeatureCount);
        var blocks = new List<string>();
        if (Input.Numeric.Count > 0)
        {
            blocks.Add(Standardized(graph));
        }

        if (Input.CanBeMissing.Count > 0)
        {
            blocks.Add(AsDoubles(graph, graph.Node("IsNaN", [Columns(graph, Input.CanBeMissing)])));
        }

        for (var index = 0; index < Input.Categorical.Count; index++)
        {
            var count = Input.CategoryCounts[index];
            if (count > 0)
            {
                var categories = graph.Constant(Enumerable.Range(0, count).Select(category => (double)category).ToArray().AsSpan(), 1, count);
                blocks.Add(AsDoubles(graph, graph.Node("Equal", [Columns(graph, [Input.Categorical[index]]), categories])));
            }
        }

        var value = blocks.Count == 1 ? blocks[0] : graph.Node("Concat", blocks, OnnxTensor.Attribute("axis", 1));
        for (var layer = 0; layer < Layers.Count; layer++)
        {
            value = Layers[layer].ToOnnx(graph, value);
            value = layer < Layers.Count - 1 ? graph.Node("Relu", [value]) : value;
        }

        graph.SigmoidOutput(value);
        return graph.Write(Layers.Count == 1 ? "Logistic regression." : $"Multilayer perceptron: {Layers.Count} layers.");
    }

    private string Standardized(OnnxGraph graph)
    {
        var columns = Columns(graph, Input.Numeric);
        var count = Input.Numeric.Count;
        var means = graph.Constant(Input.Means.ToArray().AsSpan(), 1, count);
        var factors = graph.Constant(Input.Deviations.Select(deviation => 1 / deviation).ToArray().AsSpan(), 1, count);
        var filled = graph.Node("Where", [graph.Node("IsNaN", [columns]), means, columns]);
        return graph.Node("Mul", [graph.Node("Sub", [filled, means]), factors]);
    }

    private static string Columns(OnnxGraph graph, IReadOnlyList<int> features) => graph.Node(
        "Gather",
        [ModelSignature.InputName, graph.Constant(features.Select(feature => (long)feature).ToArray().AsSpan(), features.Count)],
        OnnxTensor.Attribute("axis", 1));

    private static string AsDoubles(OnnxGraph graph, string flags) => graph.Node("Cast", [flags], OnnxTensor.Attribute("to", DoubleType));
}
