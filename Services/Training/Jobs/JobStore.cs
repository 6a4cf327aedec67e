using System.Text.Json;
using CloudNativeAi.Contracts.Training;
using Google.Protobuf;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace CloudNativeAi.Training.Jobs;

/// <summary>Jobs as clients see them: submit, read, list, cancel.</summary>
internal sealed class JobStore(NpgsqlDataSource dataSource, JobSignal signal, IOptions<JobOptions> options)
{
    // Any fixed number: submissions take turns, so that the bound on the queue holds.
    private const long SubmitLock = 0x4A4F_4253;

    /// <summary>Null when the queue is full. The same idempotency key returns the job it named first.</summary>
    public async Task<Job?> SubmitAsync(SubmitJobRequest request, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var turn = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection, transaction) { Parameters = { new() { Value = SubmitLock } } })
        {
            await turn.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var command = new NpgsqlCommand(
            $"""
            WITH known AS (SELECT id FROM jobs WHERE idempotency_key = $5),
            added AS (
                INSERT INTO jobs (id, kind, model_name, request, idempotency_key, state)
                SELECT $1, $2, $3, $4, $5, {(int)JobState.Queued}
                WHERE NOT EXISTS (SELECT FROM known)
                  AND (SELECT count(*) FROM jobs WHERE state IN ({(int)JobState.Queued}, {(int)JobState.Running})) < $6
                RETURNING id)
            SELECT id FROM added UNION ALL SELECT id FROM known
            """,
            connection, transaction)
        {
            Parameters =
            {
                new() { Value = Guid.CreateVersion7() },
                new() { Value = request.SpecCase == SubmitJobRequest.SpecOneofCase.Train ? "train" : "evaluate" },
                new() { Value = request.Train?.ModelName ?? request.Evaluate.ModelName },
                new() { Value = request.ToByteArray() },
                new() { Value = request.IdempotencyKey.Length > 0 ? request.IdempotencyKey : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = options.Value.MaxQueued },
            },
        };
        var id = await command.ExecuteScalarAsync(cancellationToken) as Guid?;
        await transaction.CommitAsync(cancellationToken);
        if (id is null)
        {
            return null;
        }

        signal.Set();
        return (await FindAsync(id.Value, cancellationToken))?.Job;
    }

    /// <summary>Null when there is no such job, or when it has not changed since the revision.</summary>
    public async Task<JobRow?> FindAsync(Guid id, CancellationToken cancellationToken, long afterRevision = 0)
    {
        await using var command = dataSource.CreateCommand($"SELECT {JobReader.Columns} FROM jobs WHERE id = $1 AND revision > $2");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = afterRevision });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? JobReader.Read(reader) : null;
    }

    /// <summary>Newest first.</summary>
    public async Task<List<Job>> ListAsync(string modelName, int limit, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"SELECT {JobReader.Columns} FROM jobs WHERE $1 = '' OR model_name = $1 ORDER BY sequence DESC LIMIT $2");
        command.Parameters.Add(new() { Value = modelName });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var jobs = new List<Job>();
        while (await reader.ReadAsync(cancellationToken))
        {
            jobs.Add(JobReader.Read(reader).Job);
        }

        return jobs;
    }

    /// <summary>A queued job ends at once, a running one at its worker's next heartbeat; an ended one stays as it is.</summary>
    public async Task<Job?> CancelAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            UPDATE jobs SET
                cancel_requested = true,
                ended_at = CASE WHEN state = {(int)JobState.Queued} THEN now() END,
                state = CASE WHEN state = {(int)JobState.Queued} THEN {(int)JobState.Cancelled} ELSE state END,
                revision = revision + 1
            WHERE id = $1 AND state IN ({(int)JobState.Queued}, {(int)JobState.Running})
            """);
        command.Parameters.Add(new() { Value = id });
        await command.ExecuteNonQueryAsync(cancellationToken);
        return (await FindAsync(id, cancellationToken))?.Job;
    }

    internal static string MetricsJson(IReadOnlyDictionary<string, double> metrics) =>
        JsonSerializer.Serialize(metrics.Where(metric => double.IsFinite(metric.Value)).ToDictionary());
}
