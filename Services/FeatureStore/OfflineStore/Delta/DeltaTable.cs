using System.Collections.Immutable;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;

namespace CloudNativeAi.FeatureStore.OfflineStore.Delta;

/// <summary>
/// One Delta table at reader 1 / writer 2. Keeps the newest snapshot it knows; commits optimistically, by putting the next version's
/// file if it is absent. Safe for many threads and many processes.
/// </summary>
internal sealed class DeltaTable
{
    private const int CommitAttempts = 1_000;

    // Versions are asked for one by one; a process that slept longer than this lists again, as the log may have been cleaned up meanwhile.
    private static readonly TimeSpan TrustProbesFor = TimeSpan.FromMinutes(10);

    private readonly TableStorage _storage;
    private readonly TimeProvider _timeProvider;
    private readonly DeltaLog _log;
    private readonly CheckpointFile _checkpoints;
    private readonly Lock _lock = new();
    private DeltaSnapshot _snapshot;
    private long _refreshedAt;

    private DeltaTable(TableStorage storage, DeltaLog log, CheckpointFile checkpoints, DeltaSnapshot snapshot, TimeProvider timeProvider)
    {
        _storage = storage;
        _log = log;
        _checkpoints = checkpoints;
        _snapshot = snapshot;
        _timeProvider = timeProvider;
        _refreshedAt = timeProvider.GetTimestamp();
    }

    public TableStorage Storage => _storage;

    /// <summary>The newest snapshot this process knows.</summary>
    public DeltaSnapshot Snapshot
    {
        get
        {
            lock (_lock)
            {
                return _snapshot;
            }
        }
    }

    /// <summary>Opens a table, or gives null where there is none.</summary>
    public static async Task<DeltaTable?> OpenAsync(TableStorage storage, DuckDb duckDb, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var checkpoints = new CheckpointFile(storage, duckDb);
        var log = new DeltaLog(storage, checkpoints);
        return await log.LoadAsync(cancellationToken) is { } snapshot
            ? new DeltaTable(storage, log, checkpoints, snapshot, timeProvider)
            : null;
    }

    /// <summary>Opens a table; where there is none, commits version 0. When another process does so first, its table is opened.</summary>
    public static async Task<DeltaTable> OpenOrCreateAsync(
        TableStorage storage, DuckDb duckDb, string name, string schemaString, ImmutableSortedDictionary<string, string> configuration,
        TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        if (await OpenAsync(storage, duckDb, timeProvider, cancellationToken) is { } existing)
        {
            return existing;
        }

        var now = timeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        var content = DeltaJson.WriteCommit(
        [
            new CommitInfoAction(now, "CREATE TABLE", null, false, Guid.NewGuid().ToString()),
            ProtocolAction.Ours,
            new MetadataAction(Guid.NewGuid().ToString(), name, null, "parquet", schemaString, [], configuration, now),
        ]);
        await storage.PutIfAbsentAsync(LogNames.Commit(0), content, cancellationToken);

        return await OpenAsync(storage, duckDb, timeProvider, cancellationToken)
            ?? throw new DeltaCorruptException($"The Delta table '{storage.Location}' vanished while it was created.");
    }

    /// <summary>The newest snapshot there is.</summary>
    public async Task<DeltaSnapshot> RefreshAsync(CancellationToken cancellationToken)
    {
        DeltaSnapshot known;
        bool probe;
        lock (_lock)
        {
            known = _snapshot;
            probe = _timeProvider.GetElapsedTime(_refreshedAt) < TrustProbesFor;
        }

        var startedAt = _timeProvider.GetTimestamp();
        var newest = probe
            ? await _log.CatchUpAsync(known, cancellationToken)
            : await _log.LoadAsync(cancellationToken) ?? throw new DeltaCorruptException($"The Delta table '{_storage.Location}' is gone.");
        return Publish(newest, startedAt);
    }

    /// <summary>The table as it was at a version.</summary>
    public async Task<DeltaSnapshot> AtVersionAsync(long version, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        var known = Snapshot;
        return version == known.Version ? known : (await _log.LoadAsync(version, cancellationToken))!;
    }

    /// <summary>
    /// Commits, after whatever other writers commit meanwhile. Returns the table with this commit in it.
    /// Throws <see cref="DeltaConflictException"/> when another commit forbids it; then nothing was committed.
    /// </summary>
    public async Task<DeltaSnapshot> CommitAsync(DeltaTransaction transaction, CancellationToken cancellationToken)
    {
        DeltaProtocol.EnsureWritable(_storage.Location, transaction.Read.Protocol, transaction.Read.Metadata);
        EnsureAllowed(transaction);
        var startedAt = _timeProvider.GetTimestamp();
        var token = Guid.NewGuid().ToString();
        var tip = transaction.Read;
        for (var attempt = 0; attempt < CommitAttempts; attempt++)
        {
            // Everything committed since the read is tested; then the next free number is tried.
            while (await _log.ReadCommitAsync(tip.Version + 1, cancellationToken) is { } winner)
            {
                tip = tip.Apply(tip.Version + 1, winner);
                if (IsOurs(winner, token))
                {
                    // Our own commit, made although its reply was lost.
                    return Publish(tip, startedAt);
                }

                if (transaction.ConflictWith(tip.Version, winner) is { } reason)
                {
                    Publish(tip, startedAt);
                    throw new DeltaConflictException($"The commit to the Delta table '{_storage.Location}' was refused: {reason}.");
                }
            }

            var version = tip.Version + 1;
            List<DeltaAction> actions =
            [
                new CommitInfoAction(
                    _timeProvider.GetUtcNow().ToUnixTimeMilliseconds(), transaction.Operation, transaction.Read.Version, transaction.IsBlindAppend, token),
                .. transaction.Actions,
            ];
            if (await _storage.PutIfAbsentAsync(LogNames.Commit(version), DeltaJson.WriteCommit(actions), cancellationToken))
            {
                await EnsureFollowsAsync(version, cancellationToken);
                return Publish(tip.Apply(version, actions), startedAt);
            }
        }

        throw new DeltaConflictException($"The commit to the Delta table '{_storage.Location}' lost {CommitAttempts} races in a row.");
    }

    /// <summary>Writes a checkpoint of the newest snapshot, unless it has one.</summary>
    public Task WriteCheckpointAsync(DeltaSnapshot snapshot, TimeSpan keepTombstones, CancellationToken cancellationToken) =>
        _checkpoints.WriteAsync(snapshot, (_timeProvider.GetUtcNow() - keepTombstones).ToUnixTimeMilliseconds(), cancellationToken);

    // A process that was frozen for longer than the log is kept would write into a part of it that is cleaned up, where nobody looks.
    private async Task EnsureFollowsAsync(long version, CancellationToken cancellationToken)
    {
        if (await _storage.ReadAsync(LogNames.Commit(version - 1), cancellationToken) is null)
        {
            await _storage.DeleteAsync(LogNames.Commit(version), CancellationToken.None);
            throw new DeltaConflictException($"The commit to the Delta table '{_storage.Location}' was refused: its log before version {version} was cleaned up meanwhile.");
        }
    }

    private static bool IsOurs(List<DeltaAction> commit, string token) =>
        commit.OfType<CommitInfoAction>().Any(info => info.Token == token);

    private void EnsureAllowed(DeltaTransaction transaction)
    {
        if (transaction.Read.Metadata.Configuration.GetValueOrDefault("delta.appendOnly") is "true"
            && transaction.Actions.Any(action => action is RemoveAction { DataChange: true }))
        {
            throw new DeltaUnsupportedException($"The Delta table '{_storage.Location}' is append-only (delta.appendOnly): no rows may be removed.");
        }
    }

    private DeltaSnapshot Publish(DeltaSnapshot snapshot, long at)
    {
        lock (_lock)
        {
            if (snapshot.Version >= _snapshot.Version)
            {
                _snapshot = snapshot;
                _refreshedAt = at;
            }

            return _snapshot;
        }
    }
}
