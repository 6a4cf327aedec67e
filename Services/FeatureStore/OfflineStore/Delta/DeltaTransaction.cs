namespace CloudNativeAi.FeatureStore.OfflineStore.Delta;

/// <summary>What one commit is to do, planned against a snapshot.</summary>
/// <param name="Operation">As other tools name it: "WRITE", "OPTIMIZE", "DELETE", "CREATE TABLE".</param>
/// <param name="Actions">Without commitInfo, which each attempt writes itself.</param>
/// <param name="IsBlindAppend">Adds rows and has read none: nothing that others add or rearrange can invalidate it.</param>
internal sealed record DeltaTransaction(DeltaSnapshot Read, string Operation, IReadOnlyList<DeltaAction> Actions, bool IsBlindAppend)
{
    /// <summary>Whether this can stand after a commit that another writer made since <see cref="Read"/>; if not, why.</summary>
    public string? ConflictWith(long version, IReadOnlyCollection<DeltaAction> winner)
    {
        if (winner.Any(action => action is ProtocolAction or MetadataAction))
        {
            return $"version {version} changed the table's protocol or schema";
        }

        foreach (var mine in Actions.OfType<TxnAction>())
        {
            if (winner.OfType<TxnAction>().FirstOrDefault(txn => txn.AppId == mine.AppId) is { } theirs)
            {
                return $"version {version} moved the transaction '{mine.AppId}' to {theirs.Version}";
            }
        }

        var removed = Actions.OfType<RemoveAction>().Select(remove => remove.Path).ToHashSet(StringComparer.Ordinal);
        if (winner.OfType<RemoveAction>().FirstOrDefault(remove => removed.Contains(remove.Path)) is { } both)
        {
            return $"version {version} removed '{both.Path}' already";
        }

        var rewrites = Actions.Any(action => action is RemoveAction { DataChange: true });
        var winnerIsBlind = winner.OfType<CommitInfoAction>().FirstOrDefault()?.IsBlindAppend is true;
        if (rewrites && !winnerIsBlind && winner.Any(action => action is AddAction { DataChange: true }))
        {
            return $"version {version} added rows that this rewrite has not read";
        }

        // A change of the schema was planned against the table as it was read.
        return Actions.Any(action => action is MetadataAction or ProtocolAction) && winner.Any(action => action is not CommitInfoAction)
            ? $"version {version} was committed before this change of the schema"
            : null;
    }
}
