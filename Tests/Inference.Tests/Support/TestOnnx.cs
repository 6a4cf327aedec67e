using System.Runtime.InteropServices;
using CloudNativeAi.Inference.Tensors;
using Google.Protobuf;

namespace CloudNativeAi.Inference.Tests.Support;

/// <summary>Small ONNX models, written by field number (onnx.proto), so that tests need no file and no exporter.</summary>
internal static class TestOnnx
{
    private static readonly Dictionary<Datatype, int> ElementTypes = new()
    {
        [Datatype.Fp32] = 1, [Datatype.Uint8] = 2, [Datatype.Int8] = 3, [Datatype.Uint16] = 4, [Datatype.Int16] = 5, [Datatype.Int32] = 6, [Datatype.Int64] = 7,
        [Datatype.Bytes] = 8, [Datatype.Bool] = 9, [Datatype.Fp16] = 10, [Datatype.Fp64] = 11, [Datatype.Uint32] = 12, [Datatype.Uint64] = 13, [Datatype.Bf16] = 16,
    };

    /// <summary>X -> Y, unchanged.</summary>
    public static byte[] Identity(Datatype datatype, params long[] shape) =>
        Model([Node("Identity", ["X"], "Y")], [], [Value("X", datatype, shape)], [Value("Y", datatype, shape)]);

    /// <summary>A, B -> SUM, DIFF, all [-1, columns].</summary>
    public static byte[] AddAndSubtract(Datatype datatype, long columns) => Model(
        [Node("Add", ["A", "B"], "SUM"), Node("Sub", ["A", "B"], "DIFF")], [],
        [Value("A", datatype, [-1, columns]), Value("B", datatype, [-1, columns])],
        [Value("SUM", datatype, [-1, columns]), Value("DIFF", datatype, [-1, columns])]);

    /// <summary>X -> Y, in another type.</summary>
    public static byte[] Cast(Datatype from, Datatype to, params long[] shape) =>
        Model([Node("Cast", ["X"], "Y", Attribute("to", ElementTypes[to]))], [], [Value("X", from, shape)], [Value("Y", to, shape)]);

    /// <summary>X [-1] -> Y [-1], the running sum over the first dimension: rows are not independent.</summary>
    public static byte[] CumulativeSum() => Model(
        [Node("CumSum", ["X", "axis"], "Y")], [Scalar("axis", 0)], [Value("X", Datatype.Fp32, [-1])], [Value("Y", Datatype.Fp32, [-1])]);

    /// <summary>What training makes, with a formula a test can check: score = sigmoid(features · weights).</summary>
    public static byte[] Logistic(params double[] weights) => Model(
        [Node("MatMul", ["features", "w"], "z"), Node("Sigmoid", ["z"], "score")], [Matrix("w", weights)],
        [Value("features", Datatype.Fp64, [-1, weights.Length])], [Value("score", Datatype.Fp64, [-1, 1])]);

    /// <summary>
    /// What an encoder exported from Hugging Face takes: input_ids, attention_mask, token_type_ids [-1, tokens] -> ids, mask, types as they
    /// came, and Y [-1, 3], the sum of the embeddings of the tokens that are not masked. The embedding of id i is (i, i * i, 1).
    /// </summary>
    public static byte[] Encoder(int vocabulary, Datatype datatype = Datatype.Int64, long tokens = -1, int positions = 0)
    {
        string[] inputs = ["input_ids", "attention_mask", "token_type_ids"];
        float[] table = [.. Enumerable.Range(0, vocabulary).SelectMany(id => (float[])[id, (float)id * id, 1])];
        List<byte[]> nodes =
        [
            Node("Identity", ["input_ids"], "ids"), Node("Identity", ["attention_mask"], "mask"), Node("Identity", ["token_type_ids"], "types"),
            Node("Gather", ["table", "input_ids"], "embedded"),
            Node("Cast", ["attention_mask"], "weights", Attribute("to", ElementTypes[Datatype.Fp32])), Node("Unsqueeze", ["weights", "last"], "columns"),
            Node("Mul", ["embedded", "columns"], "weighted"), Node("ReduceSum", ["weighted", "middle"], "Y", Attribute("keepdims", 0)),
        ];
        List<byte[]> initializers = [Floats("table", [vocabulary, 3], table), Vector("last", 2), Vector("middle", 1)];
        if (positions > 0)
        {
            // A position past the last is an index out of range, as in BERT: here a lookup of the number of tokens.
            nodes.AddRange(
                Node("Shape", ["input_ids"], "shape"), Node("Gather", ["shape", "middle"], "length"), Node("Gather", ["positions", "length"], "position"));
            initializers.Add(Floats("positions", [positions + 1], new float[positions + 1]));
        }

        List<byte[]> outputs = [Value("Y", Datatype.Fp32, [-1, 3]), .. ((string[])["ids", "mask", "types"]).Select(name => Value(name, datatype, [-1, tokens]))];
        if (positions > 0)
        {
            nodes.Add(Node("Add", ["Y", "position"], "Z"));
            outputs[0] = Value("Z", Datatype.Fp32, [-1, 3]);
        }

        return Model([.. nodes], [.. initializers], [.. inputs.Select(name => Value(name, datatype, [-1, tokens]))], [.. outputs]);
    }

    private static byte[] Model(byte[][] nodes, byte[][] initializers, byte[][] inputs, byte[][] outputs) => Message(model =>
    {
        model.Int(1, 10);
        model.Text(2, "tests");
        model.Bytes(7, Message(graph =>
        {
            graph.All(1, nodes);
            graph.Text(2, "graph");
            graph.All(5, initializers);
            graph.All(11, inputs);
            graph.All(12, outputs);
        }));
        model.Bytes(8, Message(opset =>
        {
            opset.Text(1, "");
            opset.Int(2, 17);
        }));
    });

    private static byte[] Attribute(string name, long value) => Message(attribute =>
    {
        attribute.Text(1, name);
        attribute.Int(3, value);
        attribute.Int(20, 2);
    });

    private static byte[] Node(string operation, string[] inputs, string output, params byte[][] attributes) => Message(node =>
    {
        foreach (var input in inputs)
        {
            node.Text(1, input);
        }

        node.Text(2, output);
        node.Text(3, output);
        node.Text(4, operation);
        node.All(5, attributes);
    });

    private static byte[] Value(string name, Datatype datatype, long[] shape) => Message(value =>
    {
        value.Text(1, name);
        value.Bytes(2, Message(type => type.Bytes(1, Message(tensor =>
        {
            tensor.Int(1, ElementTypes[datatype]);
            tensor.Bytes(2, Message(dimensions =>
            {
                for (var axis = 0; axis < shape.Length; axis++)
                {
                    var size = shape[axis];
                    var symbol = $"d{axis}";
                    dimensions.Bytes(1, Message(dimension =>
                    {
                        if (size >= 0)
                        {
                            dimension.Int(1, size);
                        }
                        else
                        {
                            dimension.Text(2, symbol);
                        }
                    }));
                }
            }));
        }))));
    });

    private static byte[] Scalar(string name, long value) => Message(tensor =>
    {
        tensor.Int(2, 7);
        tensor.Text(8, name);
        tensor.Bytes(9, BitConverter.GetBytes(value));
    });

    private static byte[] Matrix(string name, double[] column) => Message(tensor =>
    {
        tensor.Int(1, column.Length);
        tensor.Int(1, 1);
        tensor.Int(2, 11);
        tensor.Text(8, name);
        tensor.Bytes(9, MemoryMarshal.AsBytes(column.AsSpan()).ToArray());
    });

    private static byte[] Vector(string name, long value) => Message(tensor =>
    {
        tensor.Int(1, 1);
        tensor.Int(2, 7);
        tensor.Text(8, name);
        tensor.Bytes(9, BitConverter.GetBytes(value));
    });

    private static byte[] Floats(string name, long[] shape, float[] values) => Message(tensor =>
    {
        foreach (var size in shape)
        {
            tensor.Int(1, size);
        }

        tensor.Int(2, 1);
        tensor.Text(8, name);
        tensor.Bytes(9, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    });

    private static byte[] Message(Action<Writer> write)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            write(new Writer(output));
        }

        return stream.ToArray();
    }

    private sealed class Writer(CodedOutputStream output)
    {
        public void Int(int field, long value)
        {
            output.WriteTag(field, WireFormat.WireType.Varint);
            output.WriteInt64(value);
        }

        public void Text(int field, string value)
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteString(value);
        }

        public void Bytes(int field, byte[] value)
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(value));
        }

        public void All(int field, byte[][] values)
        {
            foreach (var value in values)
            {
                Bytes(field, value);
            }
        }
    }
}
