using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;

namespace CloudNativeAi.FeatureStore.OfflineStore.Delta;

/// <summary>
/// The classic single-file checkpoint (V1): one row per action, each action a nullable struct. It holds the live files, the tombstones
/// that may still matter, the last transaction of each application, protocol and metaData.
/// </summary>
internal sealed class CheckpointFile(TableStorage storage, DuckDb duckDb)
{
    // Column types as the protocol's checkpoint schema has them.
    private const string Columns =
        """
        {
          txn: 'STRUCT("appId" VARCHAR, "version" BIGINT, "lastUpdated" BIGINT)',
          add: 'STRUCT("path" VARCHAR, "partitionValues" MAP(VARCHAR, VARCHAR), "size" BIGINT, "modificationTime" BIGINT, "dataChange" BOOLEAN, "stats" VARCHAR, "tags" MAP(VARCHAR, VARCHAR))',
          remove: 'STRUCT("path" VARCHAR, "deletionTimestamp" BIGINT, "dataChange" BOOLEAN, "extendedFileMetadata" BOOLEAN, "partitionValues" MAP(VARCHAR, VARCHAR), "size" BIGINT)',
          "metaData": 'STRUCT("id" VARCHAR, "name" VARCHAR, "description" VARCHAR, "format" STRUCT("provider" VARCHAR, "options" MAP(VARCHAR, VARCHAR)), "schemaString" VARCHAR, "partitionColumns" VARCHAR[], "configuration" MAP(VARCHAR, VARCHAR), "createdTime" BIGINT)',
          protocol: 'STRUCT("minReaderVersion" INTEGER, "minWriterVersion" INTEGER)'
        }
        """;

    /// <summary>The actions a checkpoint of this snapshot holds.</summary>
    public static IEnumerable<DeltaAction> Actions(DeltaSnapshot snapshot, long tombstonesSinceMillis) =>
    [
        snapshot.Protocol,
        snapshot.Metadata,
        .. snapshot.Transactions.Values.OrderBy(txn => txn.AppId, StringComparer.Ordinal),
        .. snapshot.Files.Values.Select(file => file.Add with { DataChange = false }),
        .. snapshot.Tombstones.Values
            .Where(remove => (remove.DeletionTimestampMillis ?? 0) > tombstonesSinceMillis)
            .OrderBy(remove => remove.Path, StringComparer.Ordinal)
            .Select(remove => remove with { DataChange = false }),
    ];

    /// <summary>Writes the checkpoint of a snapshot and points _last_checkpoint at it. Two writers of the same one do no harm.</summary>
    public async Task WriteAsync(DeltaSnapshot snapshot, long tombstonesSinceMillis, CancellationToken cancellationToken)
    {
        var lines = new ArrayBufferWriter<byte>();
        var count = 0;
        foreach (var action in Actions(snapshot, tombstonesSinceMillis))
        {
            DeltaJson.WriteLine(lines, action);
            count++;
        }

        // DuckDB turns the lines into typed structs; the file appears under its name in one step.
        var json = Path.Combine(Path.GetTempPath(), $"checkpoint-{Guid.NewGuid():N}.json");
        var parquet = Path.ChangeExtension(json, ".parquet");
        try
        {
            await File.WriteAllBytesAsync(json, lines.WrittenMemory, cancellationToken);
            await duckDb.ExecuteAsync(
                $"""
                COPY (SELECT * FROM read_json({Sql.Text(json)}, format = 'newline_delimited', columns = {Columns}))
                TO {Sql.Text(parquet)} (FORMAT parquet, COMPRESSION snappy)
                """,
                cancellationToken);
            var content = await File.ReadAllBytesAsync(parquet, cancellationToken);
            await storage.PutAsync(LogNames.Checkpoint(snapshot.Version), content, cancellationToken);
            var hint = JsonSerializer.SerializeToUtf8Bytes(new
            {
                version = snapshot.Version,
                size = count,
                sizeInBytes = content.Length,
                numOfAddFiles = snapshot.Files.Count,
            });
            await storage.PutAsync(LogNames.LastCheckpoint, hint, cancellationToken);
        }
        finally
        {
            File.Delete(json);
            File.Delete(parquet);
        }
    }

    /// <summary>The snapshot that a checkpoint holds.</summary>
    public async Task<DeltaSnapshot> ReadAsync(long version, CancellationToken cancellationToken)
    {
        var path = await storage.GetLocalPathAsync(LogNames.Checkpoint(version), cancellationToken);
        var actions = new List<DeltaAction>();
        await duckDb.QueryAsync(
            $"SELECT to_json(COLUMNS(*)) FROM read_parquet({Sql.Text(path)})",
            reader =>
            {
                for (var column = 0; column < reader.FieldCount; column++)
                {
                    if (!reader.IsDBNull(column) && reader.GetString(column) is var json and not "null")
                    {
                        using var document = JsonDocument.Parse(json);
                        actions.Add(DeltaJson.Read(reader.GetName(column), document.RootElement));
                    }
                }
            },
            cancellationToken);

        return DeltaSnapshot.Empty.Apply(version, actions.ToImmutableArray());
    }
}
