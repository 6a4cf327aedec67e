using System.Runtime.CompilerServices;

namespace CloudNativeAi.Modeling.Trees;

/// <summary>
/// An ensemble laid out for scoring: the nodes of a tree lie together, the two children of a node side by side, a leaf leads to
/// itself. Several trees are walked at once, a step of each in turn without a branch that depends on the data, so that the processor
/// waits neither for memory nor for a guess that was wrong. The sum is made tree by tree, so it is that of
/// <see cref="TreeEnsemble.EvaluateRaw"/> to the bit. Safe for concurrent use.
/// </summary>
public sealed class CompiledTrees
{
    private const int GroupSize = 8;

    // Rows that go through a group of trees while it is in the first-level cache.
    private const int BlockSize = 32;

    private readonly Node[] _nodes;
    private readonly double[] _values;
    private readonly int[] _roots;
    private readonly Group[] _groups;

    // For each node, which only a walk alone needs: where a missing value goes, and the categories that go left, a bit each.
    private readonly bool[] _missingLeft;
    private readonly ulong[]?[] _categories;

    public CompiledTrees(TreeEnsemble ensemble)
    {
        ArgumentNullException.ThrowIfNull(ensemble);
        FeatureCount = ensemble.FeatureCount;
        var layout = new Layout();
        foreach (var tree in ensemble.Trees)
        {
            // Walks do not check it again.
            if (tree.SplitFeatures.Any(feature => feature < 0 || feature >= FeatureCount))
            {
                throw new ArgumentException($"A tree splits on a feature that is not one of the {FeatureCount}.", nameof(ensemble));
            }

            layout.Add(tree);
        }

        (_nodes, _values, _roots) = ([.. layout.Nodes], [.. layout.Values], [.. layout.Roots]);
        (_missingLeft, _categories) = ([.. layout.MissingLeft], [.. layout.Categories]);
        _groups = [.. ensemble.Trees.Chunk(GroupSize).Select((trees, index) => new Group(
            index * GroupSize, trees.Length, trees.Length == GroupSize && trees.All(tree => tree.LeftCategories.All(categories => categories is null))))];
    }

    public int FeatureCount { get; }

    /// <summary>The probability of the positive class for each row.</summary>
    /// <param name="rows">Row after row, <see cref="FeatureCount"/> values each.</param>
    /// <param name="scores">One for each row.</param>
    public void Score(ReadOnlySpan<double> rows, Span<double> scores)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows.Length, scores.Length * FeatureCount);
        for (var first = 0; first < scores.Length; first += BlockSize)
        {
            var count = Math.Min(BlockSize, scores.Length - first);
            SumBlock(rows.Slice(first * FeatureCount, count * FeatureCount), scores.Slice(first, count));
        }

        foreach (ref var score in scores)
        {
            score = 1 / (1 + Math.Exp(-score));
        }
    }

    private void SumBlock(ReadOnlySpan<double> rows, Span<double> sums)
    {
        sums.Clear();
        Span<bool> isComplete = stackalloc bool[sums.Length];
        for (var row = 0; row < sums.Length; row++)
        {
            isComplete[row] = !HasNaN(rows.Slice(row * FeatureCount, FeatureCount));
        }

        foreach (var group in _groups)
        {
            for (var row = 0; row < sums.Length; row++)
            {
                var values = rows.Slice(row * FeatureCount, FeatureCount);
                if (group.IsNumeric && isComplete[row])
                {
                    AddGroup(group.First, values, ref sums[row]);
                    continue;
                }

                for (var tree = group.First; tree < group.First + group.Count; tree++)
                {
                    sums[row] += Walk(_roots[tree], values);
                }
            }
        }
    }

    private void AddGroup(int first, ReadOnlySpan<double> row, ref double sum)
    {
        ref var nodes = ref _nodes[0];
        ref var values = ref Unsafe.AsRef(in row[0]);
        ref var roots = ref _roots[first];
        var (a, b, c, d) = (roots, Unsafe.Add(ref roots, 1), Unsafe.Add(ref roots, 2), Unsafe.Add(ref roots, 3));
        var (e, f, g, h) = (Unsafe.Add(ref roots, 4), Unsafe.Add(ref roots, 5), Unsafe.Add(ref roots, 6), Unsafe.Add(ref roots, 7));
        int moved;
        do
        {
            moved = Step(ref nodes, ref values, ref a) | Step(ref nodes, ref values, ref b) | Step(ref nodes, ref values, ref c) | Step(ref nodes, ref values, ref d)
                | Step(ref nodes, ref values, ref e) | Step(ref nodes, ref values, ref f) | Step(ref nodes, ref values, ref g) | Step(ref nodes, ref values, ref h);
        }
        while (moved != 0);

        ref var leaves = ref _values[0];
        sum += Unsafe.Add(ref leaves, a);
        sum += Unsafe.Add(ref leaves, b);
        sum += Unsafe.Add(ref leaves, c);
        sum += Unsafe.Add(ref leaves, d);
        sum += Unsafe.Add(ref leaves, e);
        sum += Unsafe.Add(ref leaves, f);
        sum += Unsafe.Add(ref leaves, g);
        sum += Unsafe.Add(ref leaves, h);
    }

    // One tree alone, with all that a split may be.
    private double Walk(int index, ReadOnlySpan<double> row)
    {
        while (true)
        {
            ref readonly var node = ref _nodes[index];
            if (node.Left == index)
            {
                return _values[index];
            }

            var value = row[node.Feature];
            var goesLeft = _categories[index] is { } categories ? Contains(categories, value)
                : double.IsNaN(value) ? _missingLeft[index]
                : value <= node.Threshold;
            index = goesLeft ? node.Left : node.Left + 1;
        }
    }

    // Missing, negative, broken and unknown categories are in no set.
    private static bool Contains(ulong[] categories, double value)
    {
        if (!(value >= 0 && value < categories.Length * 64))
        {
            return false;
        }

        var category = (int)value;
        return category == value && (categories[category >> 6] >> (category & 63) & 1) != 0;
    }

    // Returns 0 at a leaf.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Step(ref Node nodes, ref double row, ref int index)
    {
        ref var node = ref Unsafe.Add(ref nodes, index);
        var next = node.Left + (Unsafe.Add(ref row, node.Feature) > node.Threshold ? 1 : 0);
        var moved = next ^ index;
        index = next;
        return moved;
    }

    private static bool HasNaN(ReadOnlySpan<double> row)
    {
        var found = false;
        foreach (var value in row)
        {
            found |= double.IsNaN(value);
        }

        return found;
    }

    /// <param name="Left">The child of values up to the threshold; the other one is behind it.</param>
    private readonly record struct Node(double Threshold, int Feature, int Left);

    /// <param name="IsNumeric">Full, and no split is on categories.</param>
    private readonly record struct Group(int First, int Count, bool IsNumeric);

    private sealed class Layout
    {
        public List<Node> Nodes { get; } = [];

        public List<double> Values { get; } = [];

        public List<int> Roots { get; } = [];

        public List<bool> MissingLeft { get; } = [];

        public List<ulong[]?> Categories { get; } = [];

        // Breadth first, so that the first levels of a tree share cache lines.
        public void Add(DecisionTree tree)
        {
            Roots.Add(Nodes.Count);
            var waiting = new Queue<(int Index, int Child)>();
            waiting.Enqueue((Reserve(1), tree.NodeCount == 0 ? ~0 : 0));
            while (waiting.TryDequeue(out var next))
            {
                if (next.Child < 0)
                {
                    Nodes[next.Index] = new Node(double.PositiveInfinity, 0, next.Index);
                    Values[next.Index] = tree.LeafValues[~next.Child];
                    continue;
                }

                var left = Reserve(2);
                Nodes[next.Index] = new Node(tree.Thresholds[next.Child], tree.SplitFeatures[next.Child], left);
                // A column without missing values in training reads one as 0.
                MissingLeft[next.Index] = tree.Missing[next.Child] == MissingValues.AreNaN ? tree.DefaultsLeft[next.Child] : tree.Thresholds[next.Child] >= 0;
                Categories[next.Index] = tree.LeftCategories[next.Child] is { } categories ? ToBits(categories) : null;
                waiting.Enqueue((left, tree.LeftChildren[next.Child]));
                waiting.Enqueue((left + 1, tree.RightChildren[next.Child]));
            }
        }

        private int Reserve(int count)
        {
            var first = Nodes.Count;
            for (var i = 0; i < count; i++)
            {
                Nodes.Add(default);
                Values.Add(0);
                MissingLeft.Add(false);
                Categories.Add(null);
            }

            return first;
        }

        private static ulong[] ToBits(IReadOnlyList<int> categories)
        {
            var bits = new ulong[(categories.DefaultIfEmpty(0).Max() >> 6) + 1];
            foreach (var category in categories)
            {
                bits[category >> 6] |= 1UL << (category & 63);
            }

            return bits;
        }
    }
}
