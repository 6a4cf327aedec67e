using Npgsql;

namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>Unique batch numbers, taken from the database in blocks. They need not be dense: positions are what readers see.</summary>
internal sealed class BatchNumbers(NpgsqlDataSource dataSource) : IDisposable
{
    private const int BlockSize = 1_000;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private long _next;
    private long _end;

    public async Task<long> NextAsync(int day, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_next == _end)
            {
                await using var command = dataSource.CreateCommand("SELECT nextval('batch_blocks')");
                var block = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
                (_next, _end) = (block * BlockSize, (block + 1) * BlockSize);
            }

            return Partitions.FirstBatch(day) + _next++;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();
}
