using System.Text.RegularExpressions;

namespace CloudNativeAi.ModelRegistry.ModelVersions;

/// <summary>The names the registry accepts. Each method returns null, or what is wrong.</summary>
internal static partial class Names
{
    public const int MaxReasonLength = 2_000;
    private const int MaxActorLength = 256;
    private const int MaxPathLength = 512;

    public static string? CheckModel(string name) => ModelName().IsMatch(name)
        ? null
        : $"'{Shorten(name)}' is not a model name: 1 to 128 letters, digits, '-', '_' and '.', first a letter.";

    public static string? CheckAlias(string alias) => AliasName().IsMatch(alias) && alias != "latest" && !VersionLike().IsMatch(alias)
        ? null
        : $"'{Shorten(alias)}' is not an alias: 1 to 64 lower-case letters, digits, '-' and '_', first a letter; 'latest' and 'v<number>' are reserved.";

    public static string? CheckSha256(string digest) => Sha256().IsMatch(digest)
        ? null
        : $"'{Shorten(digest)}' is not a SHA-256: 64 lower-case hexadecimal digits.";

    public static string? CheckReason(string reason, string actor)
    {
        if (string.IsNullOrWhiteSpace(reason))
        {
            return "A reason is required: it is kept in the audit log.";
        }

        return reason.Length > MaxReasonLength ? $"The reason is longer than {MaxReasonLength} characters."
            : actor.Length > MaxActorLength ? $"The actor is longer than {MaxActorLength} characters."
            : null;
    }

    public static string? CheckOverride(string parityOverride) =>
        parityOverride.Length > MaxReasonLength ? $"The reason of the parity override is longer than {MaxReasonLength} characters."
        : parityOverride.Length > 0 && string.IsNullOrWhiteSpace(parityOverride) ? "The parity override must say why: it is kept in the audit log."
        : null;

    /// <summary>A path that stays inside its directory on every file system a version may be copied to.</summary>
    public static string? CheckPath(string path)
    {
        if (path.Length is 0 or > MaxPathLength)
        {
            return $"A file path has {path.Length} characters; 1 to {MaxPathLength} are allowed.";
        }

        foreach (var segment in path.Split('/'))
        {
            if (segment is "" or "." or ".." || segment[^1] is '.' or ' ' || segment[0] == ' ' || segment.Any(IsForbidden))
            {
                return $"'{Shorten(path)}' is not a relative path with forward slashes: no empty, '.' or '..' segment, no control character and none of \\ : * ? \" < > |.";
            }
        }

        return null;
    }

    private static bool IsForbidden(char character) => char.IsControl(character) || char.IsSurrogate(character) || "\\:*?\"<>|".Contains(character);

    private static string Shorten(string text)
    {
        var printable = string.Concat(text.Take(80).Select(character => char.IsControl(character) ? '?' : character));
        return text.Length > 80 ? printable + "..." : printable;
    }

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex ModelName();

    [GeneratedRegex(@"\A[a-z][a-z0-9_-]{0,63}\z")]
    private static partial Regex AliasName();

    [GeneratedRegex(@"\Av[0-9]+\z")]
    private static partial Regex VersionLike();

    [GeneratedRegex(@"\A[0-9a-f]{64}\z")]
    private static partial Regex Sha256();
}
