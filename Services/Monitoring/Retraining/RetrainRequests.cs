using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Monitoring.Store;
using Npgsql;

namespace CloudNativeAi.Monitoring.Retraining;

internal sealed class RetrainRequests(NpgsqlDataSource dataSource, TimeProvider timeProvider)
{
    private const string List = """
        SELECT request_id, model_name, alert_id, state, reason, detail, job_id, created_micros, submitted_micros FROM retrain_requests
        WHERE ($1 = '' OR model_name = $1) AND request_id < $2 ORDER BY request_id DESC LIMIT $3
        """;

    public async Task<List<(long Id, string ModelName, SubmitJobRequest Job)>> ListPendingAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "SELECT request_id, model_name, job_request::text FROM retrain_requests WHERE state = 'pending' ORDER BY request_id LIMIT 100");
        return await command.ReadAllAsync(
            row => (row.GetInt64(0), row.GetString(1), RetrainPolicies.Parser.Parse<SubmitJobRequest>(row.GetString(2))), cancellationToken);
    }

    public async Task MarkSubmittedAsync(long id, string jobId, CancellationToken cancellationToken)
    {
        await using var command = dataSource
            .CreateCommand("UPDATE retrain_requests SET state = 'submitted', job_id = $2, submitted_micros = $3, detail = '' WHERE request_id = $1")
            .With(id).With(jobId).With(timeProvider.Now());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task MarkFailedAsync(long id, string detail, CancellationToken cancellationToken)
    {
        await using var command = dataSource
            .CreateCommand("UPDATE retrain_requests SET state = 'failed', detail = $2 WHERE request_id = $1")
            .With(id).With(detail);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Newest first; an empty name lists all models.</summary>
    public async Task<List<RetrainRequest>> ListAsync(string modelName, long beforeId, int pageSize, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(List)
            .With(modelName).With(beforeId > 0 ? beforeId : long.MaxValue).With(pageSize);
        return await command.ReadAllAsync(
            row => new RetrainRequest
            {
                Id = row.GetInt64(0),
                ModelName = row.GetString(1),
                AlertId = row.GetInt64(2),
                State = row.GetString(3),
                Reason = row.GetString(4),
                Detail = row.GetString(5),
                JobId = row.GetString(6),
                CreatedMicros = row.GetInt64(7),
                SubmittedMicros = row.GetInt64(8),
            },
            cancellationToken);
    }
}
