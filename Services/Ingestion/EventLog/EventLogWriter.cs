using System.Collections.Concurrent;
using System.Diagnostics;
using CloudNativeAi.Ingestion.DeadLetters;
using CloudNativeAi.Ingestion.Sources;
using Npgsql;

namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>Appends batches to the event log.</summary>
internal sealed class EventLogWriter(
    NpgsqlDataSource dataSource, Partitions partitions, BatchNumbers batchNumbers, HeadSignals signals, IngestionMetrics metrics, TimeProvider timeProvider)
{
    private const int Attempts = 4;

    // Sources whose last batch had duplicates, which come in runs: somebody is sending something again.
    private readonly ConcurrentDictionary<int, bool> _hadDuplicates = new();

    public Task<AppendResult> AppendAsync(SourceSchema schema, EventRows rows, IReadOnlyList<InvalidRow> deadLetters, CancellationToken cancellationToken) =>
        AppendAsync(schema, rows, deadLetters, save: null, cancellationToken);

    /// <summary>Makes one batch durable in one transaction.</summary>
    /// <param name="save">What else belongs to the transaction: how far its reader is. May be called again after a deadlock.</param>
    public async Task<AppendResult> AppendAsync(
        SourceSchema schema, EventRows rows, IReadOnlyList<InvalidRow> deadLetters, SaveInTransaction? save, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var transaction = await BeginAsync(schema, cancellationToken);
                await AddAsync(transaction, schema, rows, cancellationToken);
                await transaction.AddDeadLettersAsync(deadLetters, cancellationToken);
                await transaction.SaveAsync(save, cancellationToken);
                return await CommitAsync(transaction, schema, cancellationToken);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.DeadlockDetected && attempt < Attempts)
            {
                // Only an upload of several batches can meet this one in a circle; PostgreSQL has ended this transaction.
                metrics.RecordDeadlock();
            }
        }
    }

    public Task<LogTransaction> BeginAsync(SourceSchema schema, CancellationToken cancellationToken) =>
        LogTransaction.BeginAsync(dataSource, schema, partitions, batchNumbers, timeProvider, cancellationToken);

    public async Task AddAsync(LogTransaction transaction, SourceSchema schema, EventRows rows, CancellationToken cancellationToken)
    {
        var expectDuplicates = transaction.HasDuplicates || _hadDuplicates.GetValueOrDefault(schema.SourceId);
        await transaction.AddAsync(rows, expectDuplicates, cancellationToken);
    }

    public async Task<AppendResult> CommitAsync(LogTransaction transaction, SourceSchema schema, CancellationToken cancellationToken)
    {
        using var activity = IngestionMetrics.Source.StartActivity("event log commit");
        var startTimestamp = Stopwatch.GetTimestamp();

        // Past this point the caller's wish to stop is not heard: whether the commit happened must be known here.
        cancellationToken.ThrowIfCancellationRequested();
        var result = await transaction.CommitAsync(Activity.Current?.Id ?? "", CancellationToken.None);

        _hadDuplicates[schema.SourceId] = result.Duplicates > 0;
        metrics.RecordCommit(schema.Name, result, Stopwatch.GetElapsedTime(startTimestamp));
        if (result.Accepted > 0)
        {
            signals.Announce(schema.SourceId);
        }

        return result;
    }
}
