using CloudNativeAi.FeatureStore.OfflineStore.Delta;

namespace CloudNativeAi.FeatureStore.OfflineStore.Upkeep;

/// <summary>
/// Deletes the log of versions that a checkpoint older than the retention covers. That checkpoint and its own commit stay, and all that
/// follows: there is never a hole.
/// </summary>
internal sealed class LogCleanup(DeltaTable table, OfflineStoreOptions options, TimeProvider timeProvider)
{
    /// <summary>Returns the number of files deleted.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var oldest = timeProvider.GetUtcNow() - options.LogRetention;
        var files = await table.Storage.ListAsync(LogNames.Folder, cancellationToken);
        var commits = files.Where(file => LogNames.TryParseCommit(file.Path, out _)).ToDictionary(file => VersionOf(file.Path), file => file.LastModified);
        var checkpoint = files
            .Where(file => LogNames.TryParseCheckpoint(file.Path, out var version) && commits.TryGetValue(version, out var committed) && committed <= oldest)
            .Select(file => VersionOf(file.Path))
            .DefaultIfEmpty(-1)
            .Max();

        // Oldest first: when it is cut off, what is left begins later and has no hole.
        var covered = files.Where(file => VersionOf(file.Path) is >= 0 and var version && version < checkpoint).OrderBy(file => VersionOf(file.Path)).ToList();
        foreach (var file in covered)
        {
            await table.Storage.DeleteAsync(file.Path, cancellationToken);
        }

        return covered.Count;
    }

    private static long VersionOf(string path) =>
        LogNames.TryParseCommit(path, out var version) || LogNames.TryParseCheckpoint(path, out version) || LogNames.TryParseChecksum(path, out version)
            ? version
            : -1;
}
