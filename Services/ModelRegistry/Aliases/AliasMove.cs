namespace CloudNativeAi.ModelRegistry.Aliases;

/// <summary>What is asked: point the alias at a version, or (<see cref="NoVersion"/>) remove it.</summary>
/// <param name="ParityOverride">Why the version is promoted whatever is known against its features; empty: it is not.</param>
internal sealed record AliasMove(string ModelName, string Alias, int Version, int? ExpectedVersion, string Reason, string Actor, string ParityOverride = "")
{
    public const int NoVersion = 0;
}

internal enum AliasOutcome
{
    Moved,
    UnknownModel,
    UnknownVersion,
    UnknownAlias,

    /// <summary>The alias does not point where the caller expected.</summary>
    Conflict,
}
