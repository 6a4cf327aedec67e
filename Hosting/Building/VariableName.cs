namespace Aspire.Hosting.Building;

/// <summary>Names of environment variables that every shell accepts.</summary>
internal static class VariableName
{
    public static string Encode(string name) => name.Length > 0 && char.IsAsciiDigit(name[0]) ? "_" + EncodePart(name) : EncodePart(name);

    public static string EncodePart(string part) =>
        string.Concat(part.Select(character => char.IsAsciiLetterOrDigit(character) || character == '_' ? character : '_'));
}
