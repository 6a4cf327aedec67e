using CloudNativeAi.FeatureStore.OfflineStore.Delta;

namespace CloudNativeAi.FeatureStore.OfflineStore.Upkeep;

/// <param name="Path">Relative to the table.</param>
/// <param name="Reason">"removed", "never committed" or "temporary".</param>
internal readonly record struct VacuumedFile(string Path, long SizeBytes, string Reason);

/// <summary>
/// Deletes files that no reader needs any more: removed from the table longer ago than the retention, or left behind by a writer that died.
/// A reader works on the snapshot it began with, so the retention must be longer than any read.
/// </summary>
internal sealed class TableVacuum(DeltaTable table, OfflineStoreOptions options, TimeProvider timeProvider)
{
    /// <summary>What would be deleted, and why.</summary>
    public async Task<IReadOnlyList<VacuumedFile>> PlanAsync(CancellationToken cancellationToken)
    {
        var oldest = timeProvider.GetUtcNow() - options.DeletedFileRetention;

        // Listed first: what is committed meanwhile is live in the snapshot.
        var stored = await table.Storage.ListAsync("", cancellationToken);
        var snapshot = await table.RefreshAsync(cancellationToken);
        var live = snapshot.Files.Values.Select(file => file.RelativePath).ToHashSet(StringComparer.Ordinal);
        var tombstones = snapshot.Tombstones.Values.ToDictionary(remove => Uri.UnescapeDataString(remove.Path), StringComparer.Ordinal);

        var plan = new List<VacuumedFile>();
        foreach (var file in stored.OrderBy(file => file.Path, StringComparer.Ordinal))
        {
            // A file that was written just now may be about to be committed, whatever its tombstone says.
            if (live.Contains(file.Path) || file.LastModified > oldest)
            {
                continue;
            }

            if (IsTemporary(file.Path))
            {
                plan.Add(new VacuumedFile(file.Path, file.Size, "temporary"));
            }
            else if (file.Path.Split('/').Any(name => name[0] is '_' or '.'))
            {
                // The log, and what others keep under hidden names.
            }
            else if (!tombstones.TryGetValue(file.Path, out var tombstone))
            {
                plan.Add(new VacuumedFile(file.Path, file.Size, "never committed"));
            }
            else if (DateTimeOffset.FromUnixTimeMilliseconds(tombstone.DeletionTimestampMillis ?? 0) <= oldest)
            {
                plan.Add(new VacuumedFile(file.Path, file.Size, "removed"));
            }
        }

        return plan;
    }

    public async Task<IReadOnlyList<VacuumedFile>> RunAsync(CancellationToken cancellationToken)
    {
        var plan = await PlanAsync(cancellationToken);
        foreach (var file in plan)
        {
            await table.Storage.DeleteAsync(file.Path, cancellationToken);
        }

        return plan;
    }

    // What a put that was cut off leaves in the log's folder.
    private static bool IsTemporary(string path) =>
        path.StartsWith($"{LogNames.Folder}/.", StringComparison.Ordinal) && path.EndsWith(".tmp", StringComparison.Ordinal);
}
