using System.Security.Cryptography;
using System.Text.Json;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Where a parameter's value comes from when configuration has none.</summary>
public abstract class ParameterDefault
{
    public abstract string GetDefaultValue();

    /// <summary>How a manifest says it: <c>"value": ...</c> or <c>"generate": {...}</c>.</summary>
    internal abstract void WriteToManifest(Utf8JsonWriter writer);
}

/// <summary>A random value, so that no two installations share a password.</summary>
public sealed class GenerateParameterDefault : ParameterDefault
{
    // Letters and digits that are not mistaken for one another, and marks that need no quoting in a connection string.
    private const string LowerAlphabet = "abcdefghjkmnpqrstuvwxyz";
    private const string UpperAlphabet = "ABCDEFGHJKMNPQRSTUVWXYZ";
    private const string NumericAlphabet = "0123456789";
    private const string SpecialAlphabet = "-_.{}~()*+!";

    public int MinLength { get; set; }

    public bool Lower { get; set; } = true;

    public bool Upper { get; set; } = true;

    public bool Numeric { get; set; } = true;

    public bool Special { get; set; } = true;

    public int MinLower { get; set; }

    public int MinUpper { get; set; }

    public int MinNumeric { get; set; }

    public int MinSpecial { get; set; }

    public override string GetDefaultValue()
    {
        (bool Allowed, string Alphabet, int Minimum)[] classes =
        [
            (Lower, LowerAlphabet, MinLower), (Upper, UpperAlphabet, MinUpper), (Numeric, NumericAlphabet, MinNumeric), (Special, SpecialAlphabet, MinSpecial),
        ];
        var all = string.Concat(classes.Where(entry => entry.Allowed).Select(entry => entry.Alphabet));
        if (all.Length == 0)
        {
            throw new DistributedApplicationException("A generated parameter must allow at least one class of characters.");
        }

        var characters = classes
            .Where(entry => entry.Allowed && entry.Minimum > 0)
            .SelectMany(entry => RandomNumberGenerator.GetItems<char>(entry.Alphabet, entry.Minimum))
            .ToList();
        if (characters.Count < MinLength)
        {
            characters.AddRange(RandomNumberGenerator.GetItems<char>(all, MinLength - characters.Count));
        }

        var value = characters.ToArray();
        RandomNumberGenerator.Shuffle(value.AsSpan());
        return new string(value);
    }

    internal override void WriteToManifest(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("generate");
        writer.WriteNumber("minLength", MinLength);
        WriteFalse(writer, "lower", Lower);
        WriteFalse(writer, "upper", Upper);
        WriteFalse(writer, "numeric", Numeric);
        WriteFalse(writer, "special", Special);
        WritePositive(writer, "minLower", MinLower);
        WritePositive(writer, "minUpper", MinUpper);
        WritePositive(writer, "minNumeric", MinNumeric);
        WritePositive(writer, "minSpecial", MinSpecial);
        writer.WriteEndObject();
    }

    private static void WriteFalse(Utf8JsonWriter writer, string name, bool value)
    {
        if (!value)
        {
            writer.WriteBoolean(name, false);
        }
    }

    private static void WritePositive(Utf8JsonWriter writer, string name, int value)
    {
        if (value > 0)
        {
            writer.WriteNumber(name, value);
        }
    }
}

/// <summary>A value written in the AppHost, published as the parameter's default.</summary>
internal sealed class ConstantParameterDefault(Func<string> valueGetter) : ParameterDefault
{
    public override string GetDefaultValue() => valueGetter();

    internal override void WriteToManifest(Utf8JsonWriter writer) => writer.WriteString("value", GetDefaultValue());
}

/// <summary>A generated value that is the same at the next start: kept in the application's data directory.</summary>
internal sealed class PersistedParameterDefault(ParameterDefault inner, string key, Secrets secrets) : ParameterDefault
{
    public override string GetDefaultValue() => secrets.GetOrAdd(key, inner.GetDefaultValue);

    internal override void WriteToManifest(Utf8JsonWriter writer) => inner.WriteToManifest(writer);
}
