using Npgsql;
using NpgsqlTypes;

namespace CloudNativeAi.Benchmarks.Ingestion;

/// <summary>The ceiling: binary COPY with Npgsql, a transaction a batch, into the tables that Ingestion writes to.</summary>
internal sealed class RawCopy : IAsyncDisposable
{
    private const int NoSource = -1;

    // Far above the service's own batch numbers of the day.
    private const long BatchBase = 1L << 39;

    private readonly NpgsqlDataSource _dataSource;
    private readonly string _partition;
    private readonly int _day;
    private long _batch;

    private RawCopy(NpgsqlDataSource dataSource, int day)
    {
        _dataSource = dataSource;
        _day = day;
        _partition = $"events_{DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(day):yyyyMMdd}";
        _batch = ((long)day << 40) + BatchBase;
    }

    public static async Task<RawCopy> CreateAsync(string connectionString, CancellationToken cancellationToken)
    {
        var dataSource = new NpgsqlDataSourceBuilder(connectionString)
        {
            ConnectionStringBuilder = { WriteBufferSize = 64 * 1024 },
        }.Build();
        await using var command = dataSource.CreateCommand("SELECT floor(extract(epoch FROM now()) / 86400)::int");
        return new RawCopy(dataSource, (int)(await command.ExecuteScalarAsync(cancellationToken))!);
    }

    public Task RunAsync(BenchmarkRow[][][] streams, bool withIds, CancellationToken cancellationToken) =>
        Task.WhenAll(streams.Select(async batches =>
        {
            await using var connection = await _dataSource.OpenConnectionAsync(cancellationToken);
            foreach (var batch in batches)
            {
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
                if (withIds)
                {
                    await CopyIdsAsync(connection, batch, cancellationToken);
                }

                await CopyEventsAsync(connection, Interlocked.Increment(ref _batch), batch, cancellationToken);
                await transaction.CommitAsync(cancellationToken);
            }
        }));

    public ValueTask DisposeAsync() => _dataSource.DisposeAsync();

    private async Task CopyIdsAsync(NpgsqlConnection connection, BenchmarkRow[] batch, CancellationToken cancellationToken)
    {
        await using var importer = await connection.BeginBinaryImportAsync("COPY event_ids (source_id, day, event_id) FROM STDIN (FORMAT BINARY)", cancellationToken);
        foreach (var row in batch)
        {
            await importer.StartRowAsync(cancellationToken);
            await importer.WriteAsync(NoSource, NpgsqlDbType.Integer, cancellationToken);
            await importer.WriteAsync(_day, NpgsqlDbType.Integer, cancellationToken);
            await importer.WriteAsync(row.Id, NpgsqlDbType.Text, cancellationToken);
        }

        await importer.CompleteAsync(cancellationToken);
    }

    private async Task CopyEventsAsync(NpgsqlConnection connection, long batchNumber, BenchmarkRow[] batch, CancellationToken cancellationToken)
    {
        await using var importer = await connection.BeginBinaryImportAsync(
            $"COPY {_partition} (batch, event_micros, seq, event_id, payload) FROM STDIN (FORMAT BINARY)", cancellationToken);
        for (var seq = 0; seq < batch.Length; seq++)
        {
            var row = batch[seq];
            await importer.StartRowAsync(cancellationToken);
            await importer.WriteAsync(batchNumber, NpgsqlDbType.Bigint, cancellationToken);
            await importer.WriteAsync(row.EventMicros, NpgsqlDbType.Bigint, cancellationToken);
            await importer.WriteAsync(seq, NpgsqlDbType.Integer, cancellationToken);
            await importer.WriteAsync(row.Id, NpgsqlDbType.Text, cancellationToken);
            await importer.WriteAsync(row.Payload, NpgsqlDbType.Json, cancellationToken);
        }

        await importer.CompleteAsync(cancellationToken);
    }
}
