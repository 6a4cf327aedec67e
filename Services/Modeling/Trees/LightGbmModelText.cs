using System.Globalization;

namespace CloudNativeAi.Modeling.Trees;

/// <summary>Reads the text that LightGBM saves a binary classifier as (format v4, model.txt of a version).</summary>
public static class LightGbmModelText
{
    private const int CategoricalBit = 1;
    private const int DefaultLeftBit = 2;
    private const int MissingShift = 2;
    private const int BitsPerWord = 32;

    /// <exception cref="FormatException">The text is not such a model, or one with a feature that has no ONNX counterpart here.</exception>
    public static TreeEnsemble Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trees = new List<DecisionTree>();
        Dictionary<string, string> header = new(StringComparer.Ordinal);
        var section = header;
        foreach (var line in text.EnumerateLines())
        {
            if (line is "end of trees")
            {
                break;
            }

            var separator = line.IndexOf('=');
            if (separator < 0)
            {
                continue;
            }

            var key = line[..separator].ToString();
            if (key == "Tree")
            {
                AddTree(section, header, trees);
                section = new Dictionary<string, string>(StringComparer.Ordinal);
            }

            section[key] = line[(separator + 1)..].ToString();
        }

        AddTree(section, header, trees);
        CheckHeader(header);
        return new TreeEnsemble(1 + ParseInt(Require(header, "max_feature_idx")), trees);
    }

    private static void CheckHeader(Dictionary<string, string> header)
    {
        if (Require(header, "num_tree_per_iteration") != "1" || header.ContainsKey("average_output"))
        {
            throw new FormatException("Only boosted models of one output are supported.");
        }

        var objective = Require(header, "objective").Split(' ');
        if (objective[0] != "binary" || !objective.Contains("sigmoid:1"))
        {
            throw new FormatException($"The objective '{header["objective"]}' is not supported; 'binary sigmoid:1' is.");
        }
    }

    private static void AddTree(Dictionary<string, string> section, Dictionary<string, string> header, List<DecisionTree> trees)
    {
        if (ReferenceEquals(section, header))
        {
            return;
        }

        if (section.GetValueOrDefault("is_linear", "0") != "0")
        {
            throw new FormatException("Linear trees are not supported.");
        }

        var leafValues = Doubles(section, "leaf_value");
        if (Require(section, "num_leaves") == "1")
        {
            trees.Add(new DecisionTree([], [], [], [], [], [], [], leafValues));
            return;
        }

        var thresholds = Doubles(section, "threshold");
        var decisions = Ints(section, "decision_type");
        trees.Add(new DecisionTree(
            Ints(section, "split_feature"),
            thresholds,
            [.. decisions.Select(decision => (decision & DefaultLeftBit) != 0)],
            [.. decisions.Select(ToMissing)],
            [.. decisions.Select((decision, node) => (decision & CategoricalBit) != 0 ? Categories(section, (int)thresholds[node]) : null)],
            Ints(section, "left_child"),
            Ints(section, "right_child"),
            leafValues)
        {
            NodeCovers = section.ContainsKey("internal_count") ? Ints(section, "internal_count") : [],
            LeafCovers = section.ContainsKey("leaf_count") ? Ints(section, "leaf_count") : [],
        });
    }

    private static MissingValues ToMissing(int decision)
    {
        // A categorical split has its own rule.
        if ((decision & CategoricalBit) != 0)
        {
            return MissingValues.AreNaN;
        }

        return ((decision >> MissingShift) & 3) switch
        {
            0 => MissingValues.None,
            2 => MissingValues.AreNaN,
            _ => throw new FormatException("zero_as_missing is not supported."),
        };
    }

    // The categories of a split are the bits set in its words of cat_threshold.
    private static List<int> Categories(Dictionary<string, string> section, int split)
    {
        var boundaries = Ints(section, "cat_boundaries");
        var words = Require(section, "cat_threshold").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(word => uint.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        var categories = new List<int>();
        for (var word = boundaries[split]; word < boundaries[split + 1]; word++)
        {
            for (var bit = 0; bit < BitsPerWord; bit++)
            {
                if ((words[word] & (1u << bit)) != 0)
                {
                    categories.Add(((word - boundaries[split]) * BitsPerWord) + bit);
                }
            }
        }

        return categories;
    }

    private static string Require(Dictionary<string, string> section, string key) =>
        section.TryGetValue(key, out var value) ? value : throw new FormatException($"The LightGBM model has no '{key}'.");

    private static int[] Ints(Dictionary<string, string> section, string key) =>
        [.. Require(section, key).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ParseInt)];

    private static double[] Doubles(Dictionary<string, string> section, string key) =>
        [.. Require(section, key).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ParseDouble)];

    // LightGBM writes infinite thresholds as C++ streams do.
    private static double ParseDouble(string number) => number switch
    {
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        _ => double.Parse(number, CultureInfo.InvariantCulture),
    };

    private static int ParseInt(string number) => int.Parse(number, CultureInfo.InvariantCulture);
}
