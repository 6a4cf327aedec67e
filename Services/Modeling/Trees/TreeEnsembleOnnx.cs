using CloudNativeAi.Modeling.Onnx;

namespace CloudNativeAi.Modeling.Trees;

/// <summary>Writes an ensemble as one <c>ai.onnx.ml</c> 5 TreeEnsemble in double and a sigmoid: the same decisions, the same sums.</summary>
public static class TreeEnsembleOnnx
{
    internal const byte BranchLessOrEqual = 0;
    internal const byte BranchMember = 6;
    private const long AggregateSum = 1;

    public static byte[] Write(TreeEnsemble ensemble)
    {
        ArgumentNullException.ThrowIfNull(ensemble);
        var arrays = new NodeArrays();
        foreach (var tree in ensemble.Trees)
        {
            arrays.Add(tree);
        }

        var graph = new OnnxGraph(ensemble.FeatureCount);
        graph.SigmoidOutput(graph.MachineLearningNode("TreeEnsemble", [ModelSignature.InputName], arrays.ToAttributes()));
        return graph.Write($"Boosted trees: {ensemble.Trees.Count} trees, {arrays.NodeCount} nodes.");
    }

    // The whole ensemble is one set of arrays; a tree is where its root is.
    private sealed class NodeArrays
    {
        private readonly List<long> _roots = [];
        private readonly List<long> _features = [];
        private readonly List<byte> _modes = [];
        private readonly List<double> _splits = [];
        private readonly List<double> _members = [];
        private readonly List<long> _missingTracksTrue = [];
        private readonly List<long> _trueIds = [];
        private readonly List<long> _trueLeafs = [];
        private readonly List<long> _falseIds = [];
        private readonly List<long> _falseLeafs = [];
        private readonly List<double> _leafWeights = [];

        public int NodeCount => _features.Count;

        public void Add(DecisionTree tree)
        {
            var (firstNode, firstLeaf) = (_features.Count, _leafWeights.Count);
            _roots.Add(firstNode);
            _leafWeights.AddRange(tree.LeafValues);
            if (tree.NodeCount == 0)
            {
                AddConstant(firstLeaf);
                return;
            }

            for (var node = 0; node < tree.NodeCount; node++)
            {
                _features.Add(tree.SplitFeatures[node]);
                if (tree.LeftCategories[node] is { } categories)
                {
                    _modes.Add(BranchMember);
                    _splits.Add(0);
                    _members.AddRange(categories.Select(category => (double)category));
                    _members.Add(double.NaN);
                    _missingTracksTrue.Add(0);
                }
                else
                {
                    _modes.Add(BranchLessOrEqual);
                    _splits.Add(tree.Thresholds[node]);
                    _missingTracksTrue.Add(MissingGoesLeft(tree, node) ? 1 : 0);
                }

                AddChild(tree.LeftChildren[node], _trueIds, _trueLeafs, firstNode, firstLeaf);
                AddChild(tree.RightChildren[node], _falseIds, _falseLeafs, firstNode, firstLeaf);
            }
        }

        public ProtobufWriter[] ToAttributes()
        {
            var attributes = new List<ProtobufWriter>
            {
                OnnxTensor.Attribute("aggregate_function", AggregateSum),
                OnnxTensor.Attribute("leaf_targetids", Enumerable.Repeat(0L, _leafWeights.Count)),
                OnnxTensor.Attribute("leaf_weights", Doubles(_leafWeights)),
                OnnxTensor.Attribute("n_targets", 1),
                OnnxTensor.Attribute("nodes_falseleafs", _falseLeafs),
                OnnxTensor.Attribute("nodes_falsenodeids", _falseIds),
                OnnxTensor.Attribute("nodes_featureids", _features),
                OnnxTensor.Attribute("nodes_missing_value_tracks_true", _missingTracksTrue),
                OnnxTensor.Attribute("nodes_modes", OnnxTensor.Of(_modes.ToArray().AsSpan(), _modes.Count)),
                OnnxTensor.Attribute("nodes_splits", Doubles(_splits)),
                OnnxTensor.Attribute("nodes_trueleafs", _trueLeafs),
                OnnxTensor.Attribute("nodes_truenodeids", _trueIds),
                OnnxTensor.Attribute("post_transform", 0),
                OnnxTensor.Attribute("tree_roots", _roots),
            };
            if (_members.Count > 0)
            {
                attributes.Add(OnnxTensor.Attribute("membership_values", Doubles(_members)));
            }

            return [.. attributes];
        }

        // ONNX has no tree without a node: one whose branches both end in the leaf.
        private void AddConstant(int leaf)
        {
            _features.Add(0);
            _modes.Add(BranchLessOrEqual);
            _splits.Add(0);
            _missingTracksTrue.Add(0);
            _trueIds.Add(leaf);
            _trueLeafs.Add(1);
            _falseIds.Add(leaf);
            _falseLeafs.Add(1);
        }

        // NaN is read as 0 where training saw none.
        private static bool MissingGoesLeft(DecisionTree tree, int node) =>
            tree.Missing[node] == MissingValues.AreNaN ? tree.DefaultsLeft[node] : tree.Thresholds[node] >= 0;

        private static void AddChild(int child, List<long> ids, List<long> leafs, int firstNode, int firstLeaf)
        {
            ids.Add(child >= 0 ? firstNode + child : firstLeaf + ~child);
            leafs.Add(child >= 0 ? 0 : 1);
        }

        private static ProtobufWriter Doubles(List<double> values) => OnnxTensor.Of(values.ToArray().AsSpan(), values.Count);
    }
}
