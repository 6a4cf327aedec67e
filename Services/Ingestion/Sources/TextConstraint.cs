using System.Buffers;
using System.Collections.Frozen;
using System.Text.Json;
using System.Text.RegularExpressions;
using CloudNativeAi.Contracts.Ingestion;

namespace CloudNativeAi.Ingestion.Sources;

/// <summary>Which texts a field may have: those that match its pattern as a whole and are among its allowed values.</summary>
internal sealed class TextConstraint
{
    private const int MaxPattern = 500;
    private const int MaxValues = 1_000;
    private const int MaxValueLength = 256;
    private const int StackChars = 256;
    private const int MaxShown = 5;

    private readonly Regex? _pattern;
    private readonly FrozenSet<string>? _values;
    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly string _description;

    private TextConstraint(SourceField field)
    {
        _pattern = field.Pattern.Length > 0 ? Compile(field.Pattern) : null;
        if (field.AllowedValues.Count > 0)
        {
            _values = field.AllowedValues.ToFrozenSet(StringComparer.Ordinal);
            _lookup = _values.GetAlternateLookup<ReadOnlySpan<char>>();
        }

        var more = field.AllowedValues.Count > MaxShown ? ", ..." : "";
        _description = _values is null ? $"match {field.Pattern}" : $"be one of {string.Join(", ", field.AllowedValues.Take(MaxShown))}{more}";
    }

    /// <summary>Null: the field may have any text.</summary>
    public static TextConstraint? Of(SourceField field) => field.Pattern.Length > 0 || field.AllowedValues.Count > 0 ? new TextConstraint(field) : null;

    /// <summary>What is wrong with a field's constraint; null: nothing.</summary>
    public static string? FindFault(SourceField field)
    {
        if (field.Pattern.Length == 0 && field.AllowedValues.Count == 0)
        {
            return null;
        }

        if (field.Type != Contracts.Common.ValueType.String)
        {
            return "only strings have a pattern or allowed values";
        }

        if (field.Pattern.Length > MaxPattern || field.AllowedValues.Count > MaxValues || field.AllowedValues.Any(value => value.Length > MaxValueLength))
        {
            return $"a pattern has at most {MaxPattern} characters; there are at most {MaxValues} allowed values, of {MaxValueLength} characters";
        }

        if (field.AllowedValues.Distinct(StringComparer.Ordinal).Count() < field.AllowedValues.Count)
        {
            return "an allowed value is there twice";
        }

        try
        {
            Compile(field.Pattern);
            return null;
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return "the pattern is no regular expression that can be matched in linear time (no look-around, no back-references)";
        }
    }

    /// <param name="reader">At a string that can be unescaped.</param>
    public bool Allows(ref Utf8JsonReader reader)
    {
        var length = reader.ValueSpan.Length;
        char[]? rented = null;
        Span<char> buffer = length <= StackChars ? stackalloc char[StackChars] : rented = ArrayPool<char>.Shared.Rent(length);
        ReadOnlySpan<char> text = buffer[..reader.CopyString(buffer)];
        var allowed = (_values is null || _lookup.Contains(text)) && (_pattern is null || _pattern.IsMatch(text));
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }

        return allowed;
    }

    /// <summary>What a value must do: "match ..." or "be one of ...".</summary>
    public override string ToString() => _description;

    // Linear in the text's length, whatever the pattern: rows come from strangers.
    private static Regex Compile(string pattern) => new($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
}
