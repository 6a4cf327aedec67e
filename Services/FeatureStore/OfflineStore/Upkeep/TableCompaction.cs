using System.Collections.Immutable;
using CloudNativeAi.FeatureStore.OfflineStore.Delta;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;

namespace CloudNativeAi.FeatureStore.OfflineStore.Upkeep;

/// <summary>
/// Makes few large files of many small ones. The rows stay what they are (<c>dataChange</c> is false), so appends go on beside it; another
/// writer that removed one of the files wins, and this one's file is thrown away.
/// </summary>
internal sealed class TableCompaction(DeltaTable table, DuckDb duckDb, OfflineStoreOptions options, TimeProvider timeProvider)
{
    /// <summary>Returns how many files became fewer, and the newest table.</summary>
    public async Task<(int FilesRemoved, int FilesAdded, DeltaSnapshot Table)> RunAsync(CancellationToken cancellationToken)
    {
        var snapshot = await table.RefreshAsync(cancellationToken);
        var (removed, added) = (0, 0);
        foreach (var run in CompactionPlan.For(snapshot, options))
        {
            var file = await WriteAsync(snapshot, run, cancellationToken);
            try
            {
                await CommitAsync(snapshot, run, file, cancellationToken);
                (removed, added) = (removed + run.Length, added + 1);
            }
            catch (DeltaConflictException)
            {
                // Never committed, so nobody knows it. The table is another one now: the next round plans anew.
                await table.Storage.DeleteAsync(file.Path, CancellationToken.None);
                break;
            }
        }

        return (removed, added, table.Snapshot);
    }

    /// <summary>The rows of some files as one, durable but not yet part of the table.</summary>
    internal async Task<WrittenFile> WriteAsync(DeltaSnapshot snapshot, IReadOnlyList<LiveFile> files, CancellationToken cancellationToken)
    {
        var schema = DeltaSchema.Parse(snapshot.Metadata.SchemaString);
        var paths = new List<string>();
        foreach (var file in files)
        {
            paths.Add(await table.Storage.GetLocalPathAsync(file.RelativePath, cancellationToken));
        }

        var path = $"part-{files[0].Statistics.Integers[SourceTableSchema.Position].Min:D20}-{Guid.NewGuid():N}.parquet";
        var localPath = table.Storage.PrepareWrite(path);
        // In the order of the files, which is that of the positions: nothing has to be sorted.
        var columns = string.Join(", ", schema.Columns.Select(column => Sql.Name(column.Name)));
        var (rows, statistics) = await duckDb.RunAsync(
            connection => ParquetWriter.Write(
                connection, $"SELECT {columns} FROM {ParquetReader.Read(paths, schema)}", schema, localPath, cancellationToken),
            cancellationToken);
        var expected = files.Sum(file => file.Statistics.NumRecords!.Value);
        if (rows != expected)
        {
            await table.Storage.DeleteAsync(path, CancellationToken.None);
            throw new DeltaCorruptException($"{files.Count} files of the Delta table '{table.Storage.Location}' have {rows} rows, their statistics say {expected}.");
        }

        return new WrittenFile(path, rows, await table.Storage.CompleteWriteAsync(path, cancellationToken), statistics);
    }

    internal async Task CommitAsync(DeltaSnapshot snapshot, IReadOnlyList<LiveFile> files, WrittenFile file, CancellationToken cancellationToken)
    {
        var now = timeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        await table.CommitAsync(
            new DeltaTransaction(
                snapshot,
                "OPTIMIZE",
                [
                    .. files.Select(old => new RemoveAction(old.Add.Path, DataChange: false, now, old.Add.PartitionValues, old.Add.Size)),
                    new AddAction(file.Path, ImmutableSortedDictionary<string, string?>.Empty, file.SizeBytes, now, DataChange: false, file.Statistics),
                ],
                IsBlindAppend: false),
            cancellationToken);
    }
}
