using System.Runtime.CompilerServices;
using System.Threading.Channels;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Events;
using CloudNativeAi.FeatureStore.OfflineStore.Delta;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;

namespace CloudNativeAi.FeatureStore.OfflineStore.SourceTables;

/// <summary>Reads a snapshot of a source's table: as SQL to join with, or as columns in position order.</summary>
internal sealed class SourceTableReader(
    SourceSchema source, TableStorage storage, DeltaSnapshot snapshot, DuckDb duckDb, long untilPosition = long.MaxValue)
{
    private const int BatchRows = 8_192;
    private const int FilesAtATime = 64;

    /// <summary>
    /// A table expression with the columns event_id, event_timestamp, created_timestamp (microseconds, BIGINT), position and f0, f1, ...:
    /// the fields of the source by index, timestamps as microseconds. What a file lacks is null.
    /// </summary>
    public async Task<string> ToSqlAsync(CancellationToken cancellationToken) =>
        await ToSqlAsync(snapshot.Files.Values, cancellationToken);

    /// <summary>The same table without the events after a position.</summary>
    public SourceTableReader Until(long position) => new(source, storage, snapshot, duckDb, position);

    /// <summary>Events after a position, in position order.</summary>
    public async IAsyncEnumerable<EventColumns> ReadAsync(long afterPosition, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var group in Groups(afterPosition))
        {
            var sql = $"SELECT * FROM ({await ToSqlAsync(group, cancellationToken)}) WHERE position > {Sql.Number(afterPosition)} ORDER BY position";
            await foreach (var batch in StreamAsync(sql, null, cancellationToken))
            {
                yield return batch;
            }
        }
    }

    /// <summary>All events with the fields needed, the others null, in no particular order.</summary>
    public async IAsyncEnumerable<EventColumns> ReadFieldsAsync(bool[] neededFields, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var fields = neededFields.Select((needed, index) => needed ? $", f{index}" : "");
        var sql = $"SELECT event_id, event_timestamp, created_timestamp, position{string.Concat(fields)} FROM ({await ToSqlAsync(cancellationToken)})";
        await foreach (var batch in StreamAsync(sql, neededFields, cancellationToken))
        {
            yield return batch;
        }
    }

    // A bounded number of rows is in memory.
    private async IAsyncEnumerable<EventColumns> StreamAsync(
        string sql, bool[]? neededFields, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var channel = Channel.CreateBounded<EventColumns>(new BoundedChannelOptions(2) { SingleReader = true, SingleWriter = true });
        var producer = ProduceAsync(sql, neededFields, channel.Writer, stop.Token);
        try
        {
            await foreach (var batch in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return batch;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await producer;
        }
    }

    private async Task ProduceAsync(string sql, bool[]? neededFields, ChannelWriter<EventColumns> writer, CancellationToken cancellationToken)
    {
        try
        {
            await duckDb.RunAsync(
                connection =>
                {
                    var batch = new EventColumnsBuilder(source, BatchRows, neededFields);
                    connection.Query(
                        sql,
                        reader =>
                        {
                            batch.Add(reader);
                            if (batch.IsFull)
                            {
                                Send(writer, batch.Take(), cancellationToken);
                            }
                        },
                        cancellationToken);
                    if (!batch.IsEmpty)
                    {
                        Send(writer, batch.Take(), cancellationToken);
                    }
                },
                cancellationToken);
            writer.Complete();
        }
        catch (Exception exception)
        {
            // The reader of the channel gets it.
            writer.TryComplete(exception);
        }
    }

    // DuckDB's calls block, so this thread is ours to block as well.
    private static void Send(ChannelWriter<EventColumns> writer, EventColumns batch, CancellationToken cancellationToken)
    {
        if (!writer.TryWrite(batch))
        {
            writer.WriteAsync(batch, cancellationToken).AsTask().GetAwaiter().GetResult();
        }
    }

    private async Task<string> ToSqlAsync(IEnumerable<LiveFile> files, CancellationToken cancellationToken)
    {
        var schema = SourceTableSchema.For(source);
        var paths = new List<string>();
        foreach (var file in files)
        {
            paths.Add(await storage.GetLocalPathAsync(file.RelativePath, cancellationToken));
        }

        var names = schema.Columns.Select((column, index) => index < 4 ? column.Name : $"f{index - 4}").ToArray();
        if (paths.Count == 0)
        {
            var empty = schema.Columns.Select((column, index) => $"NULL::{StreamType(column)} AS {names[index]}");
            return $"SELECT {string.Join(", ", empty)} WHERE false";
        }

        var selected = schema.Columns.Select((column, index) =>
            (column.Type == "timestamp" ? $"epoch_us({Sql.Name(column.Name)})" : Sql.Name(column.Name)) + $" AS {names[index]}");
        return $"SELECT {string.Join(", ", selected)} FROM {ParquetReader.Read(paths, schema)}"
            + (untilPosition == long.MaxValue ? "" : $" WHERE {Sql.Name(SourceTableSchema.Position)} <= {Sql.Number(untilPosition)}");
    }

    private static string StreamType(DeltaColumn column) => column.Type == "timestamp" ? "BIGINT" : ParquetWriter.SqlType(column.Type);

    // Files cover ranges of positions that do not overlap, so they are read one group after another and only a group is sorted.
    private IEnumerable<LiveFile[]> Groups(long afterPosition)
    {
        var files = snapshot.Files.Values
            .Select(file => (File: file, Known: file.Statistics.Integers.TryGetValue(SourceTableSchema.Position, out var range), Range: range))
            .Where(file => !file.Known || file.Range.Max > afterPosition)
            .OrderBy(file => file.Range.Min)
            .ToArray();

        for (var index = 0; index < files.Length; index++)
        {
            if (!files[index].Known || (index > 0 && files[index].Range.Min <= files[index - 1].Range.Max))
            {
                // Another writer's files: sort them all.
                return files.Length == 0 ? [] : [[.. files.Select(file => file.File)]];
            }
        }

        return files.Select(file => file.File).Chunk(FilesAtATime);
    }
}
