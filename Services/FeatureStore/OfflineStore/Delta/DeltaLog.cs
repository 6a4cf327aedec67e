namespace CloudNativeAi.FeatureStore.OfflineStore.Delta;

/// <summary>Reads a table's log: the newest usable checkpoint, then every commit after it.</summary>
internal sealed class DeltaLog(TableStorage storage, CheckpointFile checkpoints)
{
    /// <summary>The table at its newest version, or null when there is no table.</summary>
    public async Task<DeltaSnapshot?> LoadAsync(CancellationToken cancellationToken) =>
        await LoadAsync(long.MaxValue, cancellationToken);

    /// <summary>The table as it was at a version, or null when there is no table.</summary>
    public async Task<DeltaSnapshot?> LoadAsync(long version, CancellationToken cancellationToken)
    {
        var files = await storage.ListAsync(LogNames.Folder, cancellationToken);
        var commits = new SortedSet<long>();
        var checkpointVersions = new SortedSet<long>();
        foreach (var file in files)
        {
            if (LogNames.TryParseCommit(file.Path, out var number))
            {
                commits.Add(number);
            }
            else if (LogNames.TryParseCheckpoint(file.Path, out number) && number <= version)
            {
                checkpointVersions.Add(number);
            }
        }

        if (commits.Count == 0 && checkpointVersions.Count == 0)
        {
            return null;
        }

        var snapshot = DeltaSnapshot.Empty;
        if (checkpointVersions.Count > 0)
        {
            // The listing is newer than the hint in _last_checkpoint can be, so the hint is not needed here.
            snapshot = await checkpoints.ReadAsync(checkpointVersions.Max, cancellationToken);
        }

        var newest = Math.Max(snapshot.Version, commits.Count == 0 ? -1 : commits.Max);
        if (version != long.MaxValue && version > newest)
        {
            throw new ArgumentOutOfRangeException(nameof(version), version, $"The Delta table '{storage.Location}' has versions up to {newest}.");
        }

        snapshot = await ReplayAsync(snapshot, Math.Min(version, newest), cancellationToken);
        DeltaProtocol.EnsureReadable(storage.Location, snapshot.Protocol);
        return snapshot;
    }

    /// <summary>A snapshot brought up to date by asking for one version after another: no listing.</summary>
    public async Task<DeltaSnapshot> CatchUpAsync(DeltaSnapshot snapshot, CancellationToken cancellationToken)
    {
        while (await ReadCommitAsync(snapshot.Version + 1, cancellationToken) is { } actions)
        {
            snapshot = snapshot.Apply(snapshot.Version + 1, actions);
            DeltaProtocol.EnsureReadable(storage.Location, snapshot.Protocol);
        }

        return snapshot;
    }

    public async Task<List<DeltaAction>?> ReadCommitAsync(long version, CancellationToken cancellationToken)
    {
        var path = LogNames.Commit(version);
        return await storage.ReadAsync(path, cancellationToken) is { } content
            ? DeltaJson.ReadCommit($"{storage.Location}/{path}", content)
            : null;
    }

    private async Task<DeltaSnapshot> ReplayAsync(DeltaSnapshot snapshot, long until, CancellationToken cancellationToken)
    {
        while (snapshot.Version < until)
        {
            var version = snapshot.Version + 1;
            var actions = await ReadCommitAsync(version, cancellationToken)
                ?? throw new DeltaCorruptException($"The log of the Delta table '{storage.Location}' has a hole: version {version} is missing.");
            snapshot = snapshot.Apply(version, actions);
        }

        if (snapshot.Protocol.MinReaderVersion == 0 || snapshot.Metadata.Id.Length == 0)
        {
            throw new DeltaCorruptException($"The log of the Delta table '{storage.Location}' has no protocol or no metaData.");
        }

        return snapshot;
    }
}
