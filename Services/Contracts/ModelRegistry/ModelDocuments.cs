using System.Text.Json;

namespace CloudNativeAi.Contracts.ModelRegistry;

/// <summary>A model as GET /v1/models shows it.</summary>
/// <param name="Aliases">Alias to version.</param>
/// <param name="Revision">Grows with every change of the model.</param>
/// <param name="UpdatedMicros">Microseconds since the Unix epoch, UTC.</param>
public sealed record ModelDocument(
    string Name,
    IReadOnlyDictionary<string, int> Aliases,
    TrafficDocument Traffic,
    int LatestVersion,
    int VersionCount,
    long Revision,
    long UpdatedMicros);

/// <param name="ChallengerShare">Share of requests that the challenger answers, 0 to 1.</param>
/// <param name="ShadowChallenger">Requests are mirrored to the challenger without using its answer.</param>
public sealed record TrafficDocument(double ChallengerShare, bool ShadowChallenger);

/// <param name="Digest">SHA-256 over the lines "&lt;sha256&gt;  &lt;path&gt;\n" of the files ordered by path.</param>
/// <param name="CreatedMicros">Microseconds since the Unix epoch, UTC.</param>
public sealed record ModelVersionDocument(
    string ModelName,
    int Version,
    string Digest,
    IReadOnlyList<ArtifactDocument> Files,
    string RunId,
    string Description,
    IReadOnlyDictionary<string, string> Tags,
    IReadOnlyDictionary<string, double> Metrics,
    IReadOnlyDictionary<string, string> Lineage,
    IReadOnlyList<string> Aliases,
    long CreatedMicros);

/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Lower-case hexadecimal.</param>
public sealed record ArtifactDocument(string Path, long Size, string Sha256);

/// <summary>Body of PUT /v1/models/{name}/aliases/{alias}.</summary>
/// <param name="Reason">Required; kept in the audit log.</param>
/// <param name="ExpectedVersion">When given, the alias must point here now (0: must not exist), else 409.</param>
/// <param name="ParityOverride">Why it is promoted although its features are held back or cannot be checked; kept in the audit log.</param>
public sealed record SetAliasDocument(int Version, string Reason, string? Actor = null, int? ExpectedVersion = null, string? ParityOverride = null);

/// <param name="FromVersion">0: none.</param>
/// <param name="ToVersion">0: none.</param>
public sealed record AliasChangeDocument(
    long Id, string ModelName, string Alias, int FromVersion, int ToVersion, string Reason, string Actor, long ChangedMicros);

/// <param name="AtMicros">Microseconds since the Unix epoch, UTC.</param>
public sealed record AuditEntryDocument(long Id, long AtMicros, string Action, string Reason, string Actor, JsonElement Detail);
