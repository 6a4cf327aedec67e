using System.Collections.Immutable;

namespace CloudNativeAi.FeatureStore.OfflineStore.Delta;

/// <summary>One line of a commit. What the protocol calls an action.</summary>
internal abstract record DeltaAction;

internal sealed record ProtocolAction(int MinReaderVersion, int MinWriterVersion, ImmutableArray<string> Features) : DeltaAction
{
    public static ProtocolAction Ours { get; } = new(DeltaProtocol.ReaderVersion, DeltaProtocol.WriterVersion, []);
}

internal sealed record MetadataAction(
    string Id,
    string? Name,
    string? Description,
    string Provider,
    string SchemaString,
    ImmutableArray<string> PartitionColumns,
    ImmutableSortedDictionary<string, string> Configuration,
    long? CreatedTimeMillis) : DeltaAction;

/// <param name="Path">As it stands in the log: relative and percent-encoded.</param>
/// <param name="Stats">JSON text, or null. Written by others too, so it may be missing or of another shape.</param>
internal sealed record AddAction(
    string Path,
    ImmutableSortedDictionary<string, string?> PartitionValues,
    long Size,
    long ModificationTimeMillis,
    bool DataChange,
    string? Stats) : DeltaAction;

internal sealed record RemoveAction(
    string Path,
    bool DataChange,
    long? DeletionTimestampMillis,
    ImmutableSortedDictionary<string, string?>? PartitionValues,
    long? Size) : DeltaAction;

/// <summary>How far an application has come; in the same commit as the data that it belongs to.</summary>
internal sealed record TxnAction(string AppId, long Version, long? LastUpdatedMillis) : DeltaAction;

/// <param name="Token">Unique for each attempt to commit: tells a commit whose reply was lost from somebody else's.</param>
internal sealed record CommitInfoAction(
    long TimestampMillis,
    string? Operation,
    long? ReadVersion,
    bool? IsBlindAppend,
    string? Token) : DeltaAction;

/// <summary>An action that this program does not know. Readers ignore those; they are kept only to be counted.</summary>
internal sealed record UnknownAction(string Kind) : DeltaAction;
