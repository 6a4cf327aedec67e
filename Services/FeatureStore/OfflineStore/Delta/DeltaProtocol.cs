using System.Text.Json;

namespace CloudNativeAi.FeatureStore.OfflineStore.Delta;

/// <summary>The protocol level spoken here, and the refusal of any table above it.</summary>
internal static class DeltaProtocol
{
    public const int ReaderVersion = 1;
    public const int WriterVersion = 2;

    public static void EnsureReadable(string table, ProtocolAction protocol)
    {
        if (protocol.MinReaderVersion > ReaderVersion)
        {
            throw new DeltaUnsupportedException(
                $"The Delta table '{table}' needs reader version {protocol.MinReaderVersion}{Names(protocol)}; this program reads version {ReaderVersion}.");
        }
    }

    public static void EnsureWritable(string table, ProtocolAction protocol, MetadataAction metadata)
    {
        EnsureReadable(table, protocol);
        if (protocol.MinWriterVersion > WriterVersion)
        {
            throw new DeltaUnsupportedException(
                $"The Delta table '{table}' needs writer version {protocol.MinWriterVersion}{Names(protocol)}; this program writes version {WriterVersion}.");
        }

        using var schema = JsonDocument.Parse(metadata.SchemaString);
        foreach (var field in schema.RootElement.GetProperty("fields").EnumerateArray())
        {
            if (field.TryGetProperty("metadata", out var fieldMetadata) && fieldMetadata.TryGetProperty("delta.invariants", out _))
            {
                throw new DeltaUnsupportedException(
                    $"The Delta table '{table}' has an invariant on its column '{field.GetProperty("name").GetString()}'; this program does not write such tables.");
            }
        }
    }

    private static string Names(ProtocolAction protocol) =>
        protocol.Features.Length == 0 ? "" : $" ({string.Join(", ", protocol.Features)})";
}
