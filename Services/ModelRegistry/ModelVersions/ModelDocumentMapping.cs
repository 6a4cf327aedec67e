using CloudNativeAi.Contracts.ModelRegistry;

namespace CloudNativeAi.ModelRegistry.ModelVersions;

internal static class ModelDocumentMapping
{
    public static ModelDocument ToDocument(this ModelState state) => new(
        state.ModelName, state.Aliases, new TrafficDocument(state.Traffic.ChallengerShare, state.Traffic.ShadowChallenger),
        state.LatestVersion, state.VersionCount, state.Revision, state.UpdatedMicros);

    public static ModelVersionDocument ToDocument(this ModelVersion version) => new(
        version.ModelName, version.Version, version.Digest,
        [.. version.Files.Select(file => new ArtifactDocument(file.Path, file.Size, file.Sha256))],
        version.RunId, version.Description, version.Tags, version.Metrics, version.Lineage, version.Aliases, version.CreatedMicros);

    public static AliasChangeDocument ToDocument(this AliasChange change) => new(
        change.Id, change.ModelName, change.Alias, change.FromVersion, change.ToVersion, change.Reason, change.Actor, change.ChangedMicros);
}
