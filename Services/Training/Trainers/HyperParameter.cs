using System.Globalization;

namespace CloudNativeAi.Training.Trainers;

/// <summary>A number that may be set, its bounds (inclusive) and its default. Bools are 0 or 1, written true or false as well.</summary>
internal sealed record HyperParameter(string Name, double Minimum, double Maximum, double Default, bool IsWhole = false, bool IsFlag = false)
{
    public static HyperParameter Whole(string name, long minimum, long maximum, long @default) => new(name, minimum, maximum, @default, IsWhole: true);

    public static HyperParameter Flag(string name, bool @default) => new(name, 0, 1, @default ? 1 : 0, IsWhole: true, IsFlag: true);

    public bool TryParse(string text, out double value)
    {
        text = text switch { "true" => "1", "false" => "0", _ => text };
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && value >= Minimum && value <= Maximum && (!IsWhole || value == Math.Floor(value));
    }
}

/// <summary>The hyper-parameters of one training: every one the trainer knows, as set or by default.</summary>
internal sealed class HyperParameters
{
    private readonly SortedDictionary<string, double> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _flags;

    public HyperParameters(IReadOnlyList<HyperParameter> known, IReadOnlyDictionary<string, string> set)
    {
        _flags = [.. known.Where(parameter => parameter.IsFlag).Select(parameter => parameter.Name)];
        foreach (var parameter in known)
        {
            _values[parameter.Name] = set.TryGetValue(parameter.Name, out var text) && parameter.TryParse(text, out var value) ? value : parameter.Default;
        }
    }

    public double this[string name] => _values[name];

    /// <summary>Ordered by name; numbers in their shortest form, flags as true and false.</summary>
    public IReadOnlyDictionary<string, string> ToText() => new SortedDictionary<string, string>(
        _values.ToDictionary(value => value.Key, value => ToText(value.Key, value.Value)), StringComparer.Ordinal);

    public int Int(string name) => (int)_values[name];

    private string ToText(string name, double value) =>
        !_flags.Contains(name) ? value.ToString("R", CultureInfo.InvariantCulture) : value == 0 ? "false" : "true";
}
