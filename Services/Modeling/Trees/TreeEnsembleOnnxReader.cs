using System.Runtime.InteropServices;
using CloudNativeAi.Modeling.Onnx;

namespace CloudNativeAi.Modeling.Trees;

/// <summary>Reads back what <see cref="TreeEnsembleOnnx"/> writes: one TreeEnsemble in double whose sum goes through a sigmoid.</summary>
public static class TreeEnsembleOnnxReader
{
    private const int GraphField = 7;
    private const int NodeField = 1;
    private const long Sum = 1;

    // What a set of categories may number, so that a broken file does not ask for all memory.
    private const double MaxCategory = 1_000_000;

    /// <summary>Null: the model computes something else.</summary>
    /// <param name="model">The bytes of an ONNX ModelProto.</param>
    /// <exception cref="FormatException">The bytes are no ONNX model, or its trees contradict themselves.</exception>
    public static TreeEnsemble? Read(ReadOnlySpan<byte> model)
    {
        ReadOnlySpan<byte> graph = [];
        for (var fields = new ProtobufReader(model); fields.Read();)
        {
            graph = fields.Field == GraphField ? fields.Bytes : graph;
        }

        var nodes = new List<Node>();
        for (var fields = new ProtobufReader(graph); fields.Read();)
        {
            if (fields.Field == NodeField)
            {
                nodes.Add(Node.Read(fields.Bytes));
                if (nodes.Count > 2)
                {
                    return null;
                }
            }
        }

        if (nodes is not [{ Operation: "TreeEnsemble", Inputs: [ModelSignature.InputName] } trees, { Operation: "Sigmoid" } sigmoid]
            || trees.Outputs is not [var sum] || sigmoid.Inputs is not [var summed] || summed != sum || sigmoid.Outputs is not [ModelSignature.OutputName]
            || trees.NumberOf("aggregate_function") != Sum || trees.NumberOf("post_transform") != 0 || trees.NumberOf("n_targets") != 1
            || trees.Doubles.ContainsKey("nodes_hitrates") || !trees.Doubles.ContainsKey("nodes_splits"))
        {
            return null;
        }

        try
        {
            return ReadTrees(trees, FeatureCountOf(graph));
        }
        catch (Exception exception) when (exception is ArgumentOutOfRangeException or IndexOutOfRangeException or KeyNotFoundException or OverflowException)
        {
            throw new FormatException("The arrays of the TreeEnsemble node do not fit one another.", exception);
        }
    }

    private static TreeEnsemble? ReadTrees(Node node, int featureCount)
    {
        var modes = node.Bytes["nodes_modes"];
        if (modes.Any(mode => mode is not (TreeEnsembleOnnx.BranchLessOrEqual or TreeEnsembleOnnx.BranchMember)))
        {
            return null;
        }

        var members = MembersOf(modes, node.Doubles.GetValueOrDefault("membership_values") ?? []);
        return members is null
            ? null
            : new TreeEnsemble(featureCount, [.. node.Numbers["tree_roots"].Select(root => ReadTree(node, members, checked((int)root), featureCount))]);
    }

    // For each node the categories that go to the true branch; NaN ends the set of each. Null: sets that are not of category numbers.
    private static int[]?[]? MembersOf(byte[] modes, double[] values)
    {
        var members = new int[]?[modes.Length];
        var next = 0;
        for (var i = 0; i < modes.Length; i++)
        {
            if (modes[i] != TreeEnsembleOnnx.BranchMember)
            {
                continue;
            }

            var set = new List<int>();
            for (; !double.IsNaN(values[next]); next++)
            {
                if (!(values[next] >= 0 && values[next] <= MaxCategory) || values[next] != Math.Floor(values[next]))
                {
                    return null;
                }

                set.Add((int)values[next]);
            }

            next++;
            members[i] = [.. set];
        }

        return members;
    }

    // Nodes get numbers of their own, from the root on.
    private static DecisionTree ReadTree(Node node, int[]?[] members, int root, int featureCount)
    {
        List<int> nodes = [root], left = [], right = [];
        var (features, splits, missing) = (node.Numbers["nodes_featureids"], node.Doubles["nodes_splits"], node.Numbers["nodes_missing_value_tracks_true"]);
        var (trueIds, trueLeafs) = (node.Numbers["nodes_truenodeids"], node.Numbers["nodes_trueleafs"]);
        var (falseIds, falseLeafs) = (node.Numbers["nodes_falsenodeids"], node.Numbers["nodes_falseleafs"]);
        var weights = node.Doubles["leaf_weights"];
        var leaves = new List<double>();
        for (var i = 0; i < nodes.Count; i++)
        {
            if (nodes.Count > features.Length || features[nodes[i]] < 0 || features[nodes[i]] >= featureCount)
            {
                throw new FormatException($"Node {nodes[i]} of the TreeEnsemble is on a feature that is not there, or leads back to itself.");
            }

            left.Add(Child(trueIds[nodes[i]], trueLeafs[nodes[i]]));
            right.Add(Child(falseIds[nodes[i]], falseLeafs[nodes[i]]));
        }

        return new DecisionTree(
            [.. nodes.Select(id => (int)features[id])],
            [.. nodes.Select(id => splits[id])],
            [.. nodes.Select(id => missing[id] != 0)],
            [.. nodes.Select(_ => MissingValues.AreNaN)],
            [.. nodes.Select(id => members[id])],
            left,
            right,
            leaves);

        int Child(long id, long isLeaf)
        {
            if (isLeaf != 0)
            {
                leaves.Add(weights[checked((int)id)]);
                return ~(leaves.Count - 1);
            }

            nodes.Add(checked((int)id));
            return nodes.Count - 1;
        }
    }

    // The last dimension of the only input.
    private static int FeatureCountOf(ReadOnlySpan<byte> graph)
    {
        ReadOnlySpan<int> path = [11, 2, 1, 2, 1, 1];
        var message = graph;
        long number = 0;
        foreach (var field in path)
        {
            ReadOnlySpan<byte> found = [];
            for (var fields = new ProtobufReader(message); fields.Read();)
            {
                if (fields.Field == field)
                {
                    found = fields.Bytes;
                    number = fields.Number;
                }
            }

            message = found;
        }

        return checked((int)number);
    }

    private sealed record Node(
        string Operation, List<string> Inputs, List<string> Outputs, Dictionary<string, long[]> Numbers, Dictionary<string, double[]> Doubles, Dictionary<string, byte[]> Bytes)
    {
        public long? NumberOf(string attribute) => Numbers.TryGetValue(attribute, out var numbers) && numbers is [var number] ? number : null;

        public static Node Read(ReadOnlySpan<byte> message)
        {
            var node = new Node("", [], [], [], [], []);
            for (var fields = new ProtobufReader(message); fields.Read();)
            {
                switch (fields.Field)
                {
                    case 1:
                        node.Inputs.Add(fields.Text);
                        break;
                    case 2:
                        node.Outputs.Add(fields.Text);
                        break;
                    case 4:
                        node = node with { Operation = fields.Text };
                        break;
                    case 5:
                        node.AddAttribute(fields.Bytes);
                        break;
                }
            }

            return node;
        }

        private void AddAttribute(ReadOnlySpan<byte> attribute)
        {
            var name = "";
            var numbers = new List<long>();
            ReadOnlySpan<byte> tensor = [];
            for (var fields = new ProtobufReader(attribute); fields.Read();)
            {
                switch (fields.Field)
                {
                    case 1:
                        name = fields.Text;
                        break;
                    case 3 or 8:
                        fields.AddNumbersTo(numbers);
                        break;
                    case 5:
                        tensor = fields.Bytes;
                        break;
                }
            }

            if (tensor.IsEmpty)
            {
                Numbers[name] = [.. numbers];
                return;
            }

            long type = 0;
            ReadOnlySpan<byte> raw = [];
            for (var fields = new ProtobufReader(tensor); fields.Read();)
            {
                type = fields.Field == 2 ? fields.Number : type;
                raw = fields.Field == 9 ? fields.Bytes : raw;
            }

            // Other types, and values that are not raw, stay away: their reader then finds another kind of model.
            switch (type)
            {
                case OnnxTensor.Double:
                    Doubles[name] = MemoryMarshal.Cast<byte, double>(raw).ToArray();
                    break;
                case OnnxTensor.UInt8:
                    Bytes[name] = raw.ToArray();
                    break;
            }
        }
    }
}
