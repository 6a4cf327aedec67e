using CloudNativeAi.Contracts.Training;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace CloudNativeAi.Training.Jobs;

/// <summary>
/// Jobs as workers see them. A job belongs to whoever holds its lease token; every write names the token, so a worker
/// that was thought dead and wakes up changes nothing.
/// </summary>
internal sealed class JobQueue(NpgsqlDataSource dataSource, IOptions<JobOptions> options)
{
    private const double MaxRetryDelaySeconds = 600;
    private const int Queued = (int)JobState.Queued;
    private const int Running = (int)JobState.Running;
    private static readonly string Takeable = $"(state = {Queued} AND available_at <= now()) OR (state = {Running} AND lease_until < now())";

    /// <summary>The oldest job that waits, or whose worker is dead; null when there is none.</summary>
    public async Task<LeasedJob?> TakeAsync(CancellationToken cancellationToken)
    {
        await EndAbandonedAsync(cancellationToken);

        var token = Guid.NewGuid();
        await using var command = dataSource.CreateCommand(
            $"""
            UPDATE jobs SET
                state = {Running}, attempt = attempt + 1, lease_token = $1, lease_until = now() + $2,
                started_at = coalesce(started_at, now()), stage = 'starting', progress = 0, error = '', revision = revision + 1
            WHERE id = (
                SELECT id FROM jobs
                WHERE {Takeable}
                ORDER BY sequence LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING {JobReader.Columns}
            """);
        command.Parameters.Add(new() { Value = token });
        command.Parameters.Add(new() { Value = options.Value.Lease });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var job = JobReader.Read(reader).Job;
        return new LeasedJob(Guid.Parse(job.Id), token, job);
    }

    /// <summary>Jobs that could be taken now.</summary>
    public async Task<long> CountAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"SELECT count(*) FROM jobs WHERE {Takeable}");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Renews the lease and shows how far the job is.</summary>
    public async Task<HeartbeatAnswer> HeartbeatAsync(LeasedJob job, string stage, double progress, JobResult result, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            UPDATE jobs SET
                lease_until = now() + $3,
                revision = revision + CASE WHEN (stage, progress, training_set_digest, run_id) = ($4, $5, $6, $7) THEN 0 ELSE 1 END,
                stage = $4, progress = $5, training_set_digest = $6, run_id = $7
            WHERE id = $1 AND lease_token = $2 AND state = {Running}
            RETURNING cancel_requested
            """);
        AddKey(command, job);
        command.Parameters.Add(new() { Value = options.Value.Lease });
        command.Parameters.Add(new() { Value = stage });
        command.Parameters.Add(new() { Value = progress });
        command.Parameters.Add(new() { Value = result.TrainingSetDigest });
        command.Parameters.Add(new() { Value = result.RunId });
        return await command.ExecuteScalarAsync(cancellationToken) switch
        {
            null => HeartbeatAnswer.LeaseLost,
            true => HeartbeatAnswer.Cancel,
            _ => HeartbeatAnswer.GoOn,
        };
    }

    /// <summary>False when the lease was lost: somebody else has the job now.</summary>
    public async Task<bool> EndAsync(LeasedJob job, JobState state, string stage, string error, JobResult result, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            UPDATE jobs SET
                state = $3, stage = $4, error = $5, progress = CASE WHEN $3 = {(int)JobState.Succeeded} THEN 1 ELSE progress END, ended_at = now(),
                model_version = $6, model_digest = $7, training_set_digest = $8, run_id = $9, metrics = $10,
                lease_token = NULL, lease_until = NULL, revision = revision + 1
            WHERE id = $1 AND lease_token = $2 AND state = {Running}
            """);
        AddKey(command, job);
        command.Parameters.Add(new() { Value = (int)state });
        command.Parameters.Add(new() { Value = stage });
        command.Parameters.Add(new() { Value = error });
        command.Parameters.Add(new() { Value = result.ModelVersion });
        command.Parameters.Add(new() { Value = result.ModelDigest });
        command.Parameters.Add(new() { Value = result.TrainingSetDigest });
        command.Parameters.Add(new() { Value = result.RunId });
        command.Parameters.Add(new() { Value = JobStore.MetricsJson(result.Metrics), NpgsqlDbType = NpgsqlDbType.Jsonb });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Puts a job back after a failure that may pass. False when that was its last attempt: it has failed.</summary>
    public async Task<bool> RetryLaterAsync(LeasedJob job, string error, JobResult result, CancellationToken cancellationToken)
    {
        if (job.Job.Attempt >= options.Value.MaxAttempts)
        {
            await EndAsync(job, JobState.Failed, "failed", $"{error} Tried {job.Job.Attempt} times.", result, cancellationToken);
            return false;
        }

        var delay = TimeSpan.FromSeconds(Math.Min(MaxRetryDelaySeconds, options.Value.RetryDelay.TotalSeconds * Math.Pow(2, job.Job.Attempt - 1)));
        await PutBackAsync(job, error, delay, attempt: job.Job.Attempt, result, cancellationToken);
        return true;
    }

    /// <summary>Puts a job back because this process stops; the attempt does not count.</summary>
    public Task ReleaseAsync(LeasedJob job, JobResult result, CancellationToken cancellationToken) =>
        PutBackAsync(job, error: "", TimeSpan.Zero, attempt: job.Job.Attempt - 1, result, cancellationToken);

    // The next attempt goes on with the rows and the run of this one, also when no heartbeat came between.
    private async Task PutBackAsync(LeasedJob job, string error, TimeSpan delay, int attempt, JobResult result, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            UPDATE jobs SET
                state = {Queued}, stage = 'waiting', progress = 0, error = $3, available_at = now() + $4, attempt = $5,
                training_set_digest = $6, run_id = $7,
                lease_token = NULL, lease_until = NULL, revision = revision + 1
            WHERE id = $1 AND lease_token = $2 AND state = {Running}
            """);
        AddKey(command, job);
        command.Parameters.Add(new() { Value = error });
        command.Parameters.Add(new() { Value = delay });
        command.Parameters.Add(new() { Value = attempt });
        command.Parameters.Add(new() { Value = result.TrainingSetDigest });
        command.Parameters.Add(new() { Value = result.RunId });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // Jobs whose worker is dead and which are not to be tried again.
    private async Task EndAbandonedAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            UPDATE jobs SET
                state = CASE WHEN cancel_requested THEN {(int)JobState.Cancelled} ELSE {(int)JobState.Failed} END,
                stage = CASE WHEN cancel_requested THEN 'cancelled' ELSE 'failed' END,
                error = CASE WHEN cancel_requested THEN '' ELSE 'The worker died ' || attempt || ' times while it ran this job; the last stage was ''' || stage || '''.' END,
                ended_at = now(), lease_token = NULL, lease_until = NULL, revision = revision + 1
            WHERE state = {Running} AND lease_until < now() AND (cancel_requested OR attempt >= $1)
            """);
        command.Parameters.Add(new() { Value = options.Value.MaxAttempts });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void AddKey(NpgsqlCommand command, LeasedJob job)
    {
        command.Parameters.Add(new() { Value = job.Id });
        command.Parameters.Add(new() { Value = job.LeaseToken });
    }
}

internal enum HeartbeatAnswer
{
    GoOn,
    Cancel,
    LeaseLost,
}
