namespace CloudNativeAi.Modeling.Onnx;

/// <summary>
/// Collects nodes and constants and writes the model: field numbers are those of onnx.proto (IR version 10).
/// One input <c>features</c> double [N, F], one output <c>score</c> double [N, 1].
/// </summary>
internal sealed class OnnxGraph(int featureCount)
{
    private const int IrVersion = 10;
    private const int OperatorSet = 21;
    private const int MachineLearningOperatorSet = 5;
    private const string MachineLearning = "ai.onnx.ml";

    private readonly List<ProtobufWriter> _nodes = [];
    private readonly List<ProtobufWriter> _initializers = [];
    private int _names;

    /// <summary>Adds a node with one output and returns the output's name.</summary>
    public string Node(string operation, IReadOnlyList<string> inputs, params ProtobufWriter[] attributes) =>
        Node("", operation, inputs, null, attributes);

    public string MachineLearningNode(string operation, IReadOnlyList<string> inputs, params ProtobufWriter[] attributes) =>
        Node(MachineLearning, operation, inputs, null, attributes);

    /// <summary>The last node: the probability.</summary>
    public void SigmoidOutput(string input) => Node("", "Sigmoid", [input], ModelSignature.OutputName, []);

    public string Constant(ReadOnlySpan<double> values, params long[] shape) =>
        Constant(OnnxTensor.Of(values, shape));

    public string Constant(ReadOnlySpan<long> values, params long[] shape) =>
        Constant(OnnxTensor.Of(values, shape));

    public byte[] Write(string description)
    {
        var graph = new ProtobufWriter();
        foreach (var node in _nodes)
        {
            graph.Message(1, node);
        }

        graph.Text(2, "model");
        foreach (var initializer in _initializers)
        {
            graph.Message(5, initializer);
        }

        graph.Message(11, TensorInfo(ModelSignature.InputName, featureCount));
        graph.Message(12, TensorInfo(ModelSignature.OutputName, 1));

        return new ProtobufWriter()
            .Int64(1, IrVersion)
            .Text(2, "CloudNativeAi")
            .Text(6, description)
            .Message(7, graph)
            .Message(8, new ProtobufWriter().Text(1, "").Int64(2, OperatorSet))
            .Message(8, new ProtobufWriter().Text(1, MachineLearning).Int64(2, MachineLearningOperatorSet))
            .ToArray();
    }

    private string Node(string domain, string operation, IReadOnlyList<string> inputs, string? output, ProtobufWriter[] attributes)
    {
        output ??= $"{operation}_{_names++}";
        var node = new ProtobufWriter();
        foreach (var input in inputs)
        {
            node.Text(1, input);
        }

        node.Text(2, output).Text(3, output).Text(4, operation);
        foreach (var attribute in attributes)
        {
            node.Message(5, attribute);
        }

        _nodes.Add(node.Text(7, domain));
        return output;
    }

    private string Constant(ProtobufWriter tensor)
    {
        var name = $"constant_{_names++}";
        _initializers.Add(tensor.Text(8, name));
        return name;
    }

    // [N, columns] of doubles, N being free.
    private static ProtobufWriter TensorInfo(string name, long columns) => new ProtobufWriter()
        .Text(1, name)
        .Message(2, new ProtobufWriter().Message(1, new ProtobufWriter()
            .Int64(1, OnnxTensor.Double)
            .Message(2, new ProtobufWriter()
                .Message(1, new ProtobufWriter().Text(2, "N"))
                .Message(1, new ProtobufWriter().Int64(1, columns)))));
}
