using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Collections.Immutable;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Events;
using CloudNativeAi.FeatureStore.OfflineStore.Delta;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.OfflineStore.SourceTables;

/// <summary>
/// The offline store: one Delta table for each source, in <c>offline/{source}</c> of the data directory. Safe for many threads and
/// for several processes on one directory.
/// </summary>
internal sealed class SourceTableStore(
    DataDirectory dataDirectory, DuckDb duckDb, IOptions<OfflineStoreOptions> options, TimeProvider timeProvider, ILogger<SourceTableStore> logger)
{
    private readonly ConcurrentDictionary<string, SourceTable> _tables = new(StringComparer.Ordinal);

    /// <summary>The last event log position in the source's table; 0 when it has none.</summary>
    public async Task<long> GetLastPositionAsync(SourceSchema source, CancellationToken cancellationToken) =>
        (await GetStatusAsync(source, cancellationToken)).LastPosition;

    public async Task<SourceTableStatus> GetStatusAsync(SourceSchema source, CancellationToken cancellationToken)
    {
        if (await FindAsync(source.Name, cancellationToken) is not { } table)
        {
            return new SourceTableStatus(-1, 0, 0, 0, 0);
        }

        var snapshot = await table.Table.RefreshAsync(cancellationToken);
        return new SourceTableStatus(
            snapshot.Version,
            table.LastPosition(snapshot),
            snapshot.Files.Values.Sum(file => file.Statistics.NumRecords ?? 0),
            snapshot.Files.Count,
            snapshot.SizeBytes);
    }

    /// <summary>
    /// Appends events in one commit that also moves the source's last position; those at or below it are skipped.
    /// When this returns, the events are on the disk.
    /// </summary>
    public async Task<AppendResult> AppendAsync(EventColumns events, CancellationToken cancellationToken)
    {
        var source = events.Schema.Name;
        var table = await FindAsync(source, cancellationToken) ?? await CreateAsync(events.Schema, cancellationToken);
        var snapshot = await table.AppendAsync(events, cancellationToken);
        return new AppendResult(snapshot.Version, table.LastPosition(snapshot));
    }

    /// <summary>Events after a position, in position order, of the table as it is when the reading begins.</summary>
    public async IAsyncEnumerable<EventColumns> ReadAsync(
        SourceSchema source, long afterPosition, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var snapshot = await SnapshotAsync(source, cancellationToken);
        await foreach (var batch in snapshot.Reader.ReadAsync(afterPosition, cancellationToken))
        {
            yield return batch;
        }
    }

    /// <summary>The source's table as it is now, for any number of reads of the same rows.</summary>
    public async Task<SourceTableSnapshot> SnapshotAsync(SourceSchema source, CancellationToken cancellationToken)
    {
        var table = await FindAsync(source.Name, cancellationToken);
        var storage = table?.Table.Storage ?? Storage(source.Name);
        var snapshot = table is null ? DeltaSnapshot.Empty : await table.Table.RefreshAsync(cancellationToken);
        return new SourceTableSnapshot(
            source, snapshot.Version, table?.LastPosition(snapshot) ?? 0, new SourceTableReader(source, storage, snapshot, duckDb));
    }

    /// <summary>Sources that have a table, whether they are still declared or not.</summary>
    public IReadOnlyList<string> Sources => Directory.Exists(Tables)
        ? [.. Directory.EnumerateDirectories(Tables).Select(folder => Uri.UnescapeDataString(Path.GetFileName(folder))).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Compaction, vacuum and cleaning up of the log of one table.</summary>
    public async Task<UpkeepResult> UpkeepAsync(string source, CancellationToken cancellationToken) =>
        await FindAsync(source, cancellationToken) is { } table ? await table.UpkeepAsync(cancellationToken) : default;

    private async Task<SourceTable?> FindAsync(string source, CancellationToken cancellationToken)
    {
        if (_tables.TryGetValue(source, out var known))
        {
            return known;
        }

        // Two threads may open it at once: both see the same log, and one of the two objects stays.
        return await DeltaTable.OpenAsync(Storage(source), duckDb, timeProvider, cancellationToken) is { } table ? Keep(source, table) : null;
    }

    private async Task<SourceTable> CreateAsync(SourceSchema source, CancellationToken cancellationToken) => Keep(
        source.Name,
        await DeltaTable.OpenOrCreateAsync(
            Storage(source.Name), duckDb, source.Name, SourceTableSchema.For(source).ToSchemaString(),
            ImmutableSortedDictionary<string, string>.Empty, timeProvider, cancellationToken));

    private SourceTable Keep(string source, DeltaTable table) =>
        _tables.GetOrAdd(source, new SourceTable(table, source, duckDb, options.Value, timeProvider, logger));

    private string Tables => Path.Combine(dataDirectory.Root, "offline");

    private LocalTableStorage Storage(string source) => new(Path.Combine(Tables, Uri.EscapeDataString(source)));
}

/// <param name="Version">Of the Delta table; -1 when there is none yet.</param>
internal sealed record SourceTableStatus(long Version, long LastPosition, long Rows, int Files, long SizeBytes);

internal sealed record AppendResult(long Version, long LastPosition);

internal sealed record SourceTableSnapshot(SourceSchema Source, long Version, long LastPosition, SourceTableReader Reader);
