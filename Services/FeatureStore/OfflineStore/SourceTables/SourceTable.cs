using System.Collections.Immutable;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Events;
using CloudNativeAi.FeatureStore.OfflineStore.Delta;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;
using CloudNativeAi.FeatureStore.OfflineStore.Upkeep;

namespace CloudNativeAi.FeatureStore.OfflineStore.SourceTables;

/// <summary>
/// The events of one source as a Delta table. The last log position is committed with the events (the txn action),
/// so a batch that is sent again adds nothing, whatever was killed in between.
/// </summary>
internal sealed partial class SourceTable(DeltaTable table, string source, DuckDb duckDb, OfflineStoreOptions options, TimeProvider timeProvider, ILogger logger)
{
    private const int AppendAttempts = 100;

    public DeltaTable Table => table;

    /// <summary>The application id of the reader of the event log. A rebuild of a table would take the next generation.</summary>
    public static string AppId(string source) => $"{source}/events/0/1";

    public long LastPosition(DeltaSnapshot snapshot) => snapshot.TransactionVersion(AppId(source)) ?? 0;

    /// <summary>Appends the events that are not in the table yet, in one commit. Returns the table after it.</summary>
    public async Task<DeltaSnapshot> AppendAsync(EventColumns events, CancellationToken cancellationToken)
    {
        EnsureAscending(events);
        WrittenFile? file = null;
        var writtenFrom = -1;
        try
        {
            for (var attempt = 0; attempt < AppendAttempts; attempt++)
            {
                var snapshot = await EvolveAsync(events.Schema, cancellationToken);
                var firstRow = FirstRowAfter(events, LastPosition(snapshot));
                if (firstRow == events.Count)
                {
                    return snapshot;
                }

                if (file is null || firstRow != writtenFrom)
                {
                    Discard(file);
                    file = null;
                    file = await WriteAsync(events, firstRow, DeltaSchema.Parse(snapshot.Metadata.SchemaString), cancellationToken);
                    writtenFrom = firstRow;
                }

                try
                {
                    var committed = await CommitAsync(snapshot, events, file, cancellationToken);
                    file = null;
                    await CheckpointWhenDueAsync(committed, cancellationToken);
                    return committed;
                }
                catch (DeltaConflictException)
                {
                    // Another process appended the same positions, or changed the schema: look again.
                }
            }

            throw new DeltaConflictException($"The events of '{source}' could not be appended: other writers changed the table {AppendAttempts} times meanwhile.");
        }
        catch (OperationCanceledException)
        {
            // The commit may or may not have been made: the file stays, and vacuum takes it if it is an orphan.
            file = null;
            throw;
        }
        finally
        {
            Discard(file);
        }
    }

    /// <summary>Compacts small files, deletes what nobody reads any more and cleans up the log. Appends and reads go on meanwhile.</summary>
    public async Task<UpkeepResult> UpkeepAsync(CancellationToken cancellationToken)
    {
        var before = (await table.RefreshAsync(cancellationToken)).Version;
        var (removed, added, snapshot) = await new TableCompaction(table, duckDb, options, timeProvider).RunAsync(cancellationToken);
        if (added > 0 && before / options.CheckpointInterval != snapshot.Version / options.CheckpointInterval)
        {
            await WriteCheckpointAsync(snapshot, cancellationToken);
        }

        var vacuumed = await new TableVacuum(table, options, timeProvider).RunAsync(cancellationToken);
        var logFiles = await new LogCleanup(table, options, timeProvider).RunAsync(cancellationToken);
        return new UpkeepResult(removed, added, vacuumed.Count, logFiles);
    }

    private async Task<DeltaSnapshot> CommitAsync(DeltaSnapshot snapshot, EventColumns events, WrittenFile file, CancellationToken cancellationToken)
    {
        var now = timeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        return await table.CommitAsync(
            new DeltaTransaction(
                snapshot,
                "WRITE",
                [
                    new AddAction(file.Path, ImmutableSortedDictionary<string, string?>.Empty, file.SizeBytes, now, DataChange: true, file.Statistics),
                    new TxnAction(AppId(source), events.LastPosition, now),
                ],
                IsBlindAppend: true),
            cancellationToken);
    }

    private async Task<WrittenFile> WriteAsync(EventColumns events, int firstRow, DeltaSchema tableSchema, CancellationToken cancellationToken)
    {
        var schema = SourceTableSchema.For(events.Schema);
        EnsureTypes(schema, tableSchema);
        var path = $"part-{events.Positions[firstRow]:D20}-{Guid.NewGuid():N}.parquet";
        var localPath = table.Storage.PrepareWrite(path);
        var (rows, statistics) = await duckDb.RunAsync(
            connection => ParquetWriter.Write(
                connection, EventColumnsAppender.Append(connection, schema, events, firstRow, cancellationToken), schema, localPath, cancellationToken),
            cancellationToken);
        var size = await table.Storage.CompleteWriteAsync(path, cancellationToken);
        return new WrittenFile(path, rows, size, statistics);
    }

    /// <summary>The newest snapshot, with a column for every field of the source.</summary>
    private async Task<DeltaSnapshot> EvolveAsync(SourceSchema source, CancellationToken cancellationToken)
    {
        while (true)
        {
            var snapshot = await table.RefreshAsync(cancellationToken);
            var current = DeltaSchema.Parse(snapshot.Metadata.SchemaString);
            var known = current.Columns.Select(column => column.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
            var added = SourceTableSchema.For(source).Columns.Where(column => !known.Contains(column.Name)).ToArray();
            if (added.Length == 0)
            {
                return snapshot;
            }

            var evolved = new DeltaSchema([.. current.Columns, .. added]);
            try
            {
                return await table.CommitAsync(
                    new DeltaTransaction(snapshot, "ADD COLUMNS", [snapshot.Metadata with { SchemaString = evolved.ToSchemaString() }], IsBlindAppend: false),
                    cancellationToken);
            }
            catch (DeltaConflictException)
            {
                // Somebody committed first, perhaps the same columns.
            }
        }
    }

    private void EnsureTypes(DeltaSchema batch, DeltaSchema tableSchema)
    {
        var types = tableSchema.Columns.ToDictionary(column => column.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var column in batch.Columns)
        {
            if (types.TryGetValue(column.Name, out var existing) && existing != column)
            {
                throw new DeltaUnsupportedException(
                    $"The field '{column.Name}' of the source '{source}' is now {column.Type}, but the offline table has '{existing.Name}' as {existing.Type}. "
                    + "A column cannot change its type: give the field another name.");
            }
        }
    }

    private void EnsureAscending(EventColumns events)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(events.Count, 1);
        for (var row = 1; row < events.Count; row++)
        {
            if (events.Positions[row] <= events.Positions[row - 1])
            {
                throw new ArgumentException($"Positions of '{source}' are not ascending at {events.Positions[row]}.", nameof(events));
            }
        }
    }

    private static int FirstRowAfter(EventColumns events, long position)
    {
        var index = Array.BinarySearch(events.Positions, 0, events.Count, position);
        return index >= 0 ? index + 1 : ~index;
    }

    private async Task CheckpointWhenDueAsync(DeltaSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (snapshot.Version != 0 && snapshot.Version % options.CheckpointInterval == 0)
        {
            await WriteCheckpointAsync(snapshot, cancellationToken);
        }
    }

    private async Task WriteCheckpointAsync(DeltaSnapshot snapshot, CancellationToken cancellationToken)
    {
        try
        {
            await table.WriteCheckpointAsync(snapshot, options.DeletedFileRetention, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The commit stands; a checkpoint only saves time, and the next one is due soon.
            LogCheckpointFailed(source, snapshot.Version, exception);
        }
    }

    private void Discard(WrittenFile? file)
    {
        if (file is not null)
        {
            // Never committed, so nobody knows it.
            _ = table.Storage.DeleteAsync(file.Path, CancellationToken.None);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The checkpoint of '{Source}' at version {Version} failed")]
    private partial void LogCheckpointFailed(string source, long version, Exception exception);
}

/// <param name="FilesCompacted">Small files that became <paramref name="FilesWritten"/> large ones.</param>
internal readonly record struct UpkeepResult(int FilesCompacted, int FilesWritten, int FilesVacuumed, int LogFilesDeleted);
