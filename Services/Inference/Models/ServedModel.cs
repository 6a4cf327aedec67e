using System.Collections.Immutable;

namespace CloudNativeAi.Inference.Models;

/// <summary>What is served of one model right now. Replaced whole; readers need no lock.</summary>
/// <param name="Aliases">To versions that are loaded, or were and are loaded again when one asks for them.</param>
/// <param name="Pending">Versions an alias should point to but that are not served, to the reason; empty while they load.</param>
/// <param name="IsUnloaded">Taken out of this process by a client's wish, until it is loaded again.</param>
internal sealed record ServedModel(
    string Name,
    ImmutableDictionary<string, VersionSlot> Aliases,
    ImmutableDictionary<string, (int Version, string Reason)> Pending,
    double ChallengerShare,
    bool ShadowChallenger,
    int LatestVersion,
    bool IsUnloaded = false);
