namespace CloudNativeAi.ModelRegistry.Aliases;

/// <summary>What is asked: point the alias at a version, or (<see cref="NoVersion"/>) remove it.</summary>
internal sealed record AliasMove(string ModelName, string Alias, int Version, int? ExpectedVersion, string Reason, string Actor)
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
