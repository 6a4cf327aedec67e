using System.Collections.Immutable;

namespace CloudNativeAi.FeatureStore.OfflineStore.Delta;

/// <summary>What a table is at one version. Immutable: a reader that holds one is not disturbed by later commits.</summary>
internal sealed record DeltaSnapshot(
    long Version,
    ProtocolAction Protocol,
    MetadataAction Metadata,
    ImmutableSortedDictionary<string, LiveFile> Files,
    ImmutableDictionary<string, RemoveAction> Tombstones,
    ImmutableDictionary<string, TxnAction> Transactions)
{
    /// <summary>Before version 0: nothing yet.</summary>
    public static DeltaSnapshot Empty { get; } = new(
        -1,
        new ProtocolAction(0, 0, []),
        new MetadataAction("", null, null, "parquet", "", [], ImmutableSortedDictionary<string, string>.Empty, null),
        ImmutableSortedDictionary.Create<string, LiveFile>(StringComparer.Ordinal),
        ImmutableDictionary.Create<string, RemoveAction>(StringComparer.Ordinal),
        ImmutableDictionary.Create<string, TxnAction>(StringComparer.Ordinal));

    /// <summary>The last version an application committed under its id, or null.</summary>
    public long? TransactionVersion(string appId) => Transactions.TryGetValue(appId, out var txn) ? txn.Version : null;

    public long SizeBytes => Files.Values.Sum(file => file.Add.Size);

    /// <summary>This snapshot after one more commit, or after the whole of a checkpoint.</summary>
    public DeltaSnapshot Apply(long version, IReadOnlyCollection<DeltaAction> actions)
    {
        var protocol = Protocol;
        var metadata = Metadata;
        var files = Files.ToBuilder();
        var tombstones = Tombstones.ToBuilder();
        var transactions = Transactions.ToBuilder();

        // Removes before adds: a commit may replace a file under the same path.
        foreach (var remove in actions.OfType<RemoveAction>())
        {
            files.Remove(remove.Path);
            tombstones[remove.Path] = remove;
        }

        foreach (var action in actions)
        {
            switch (action)
            {
                case ProtocolAction next:
                    protocol = next;
                    break;
                case MetadataAction next:
                    metadata = next;
                    break;
                case AddAction add:
                    files[add.Path] = new LiveFile(add);
                    tombstones.Remove(add.Path);
                    break;
                case TxnAction txn:
                    transactions[txn.AppId] = txn;
                    break;
            }
        }

        return new DeltaSnapshot(version, protocol, metadata, files.ToImmutable(), tombstones.ToImmutable(), transactions.ToImmutable());
    }
}

/// <summary>A data file of a snapshot, its statistics parsed when first asked for.</summary>
internal sealed class LiveFile(AddAction add)
{
    private FileStatistics? _statistics;

    public AddAction Add { get; } = add;

    /// <summary>Path relative to the table's folder, decoded once.</summary>
    public string RelativePath => Uri.UnescapeDataString(Add.Path);

    public FileStatistics Statistics => _statistics ??= FileStatistics.Parse(Add.Stats);
}
