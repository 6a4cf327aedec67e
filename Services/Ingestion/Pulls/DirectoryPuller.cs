using CloudNativeAi.Ingestion.Events;
using CloudNativeAi.Ingestion.Sources;
using CloudNativeAi.Ingestion.UploadJobs;
using CloudNativeAi.Ingestion.Uploads;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CloudNativeAi.Ingestion.Pulls;

/// <summary>
/// Reads the files of a directory, each as an upload job that is named by the file's name and digest: after a crash the job goes on where it
/// was, and a file that was read but not yet moved away is not read again.
/// </summary>
internal sealed partial class DirectoryPuller(
    NpgsqlDataSource dataSource,
    SourceCatalog catalog,
    UploadJobStore jobs,
    UploadJobRunner runner,
    IngestionBudget budget,
    IOptions<IngestionOptions> ingestionOptions,
    IOptions<UploadJobOptions> jobOptions,
    ILogger<DirectoryPuller> logger)
{
    private const int FilesAtATime = 1_000;

    /// <summary>Reads what is there. Files that wait for their manifest, or for room, are left for the next round.</summary>
    public async Task RunOnceAsync(DirectoryPullOptions options, CancellationToken cancellationToken)
    {
        if (await catalog.RefreshAsync(options.Source, cancellationToken) is not { } schema)
        {
            LogNoSource(options.Source, options.Path);
            return;
        }

        if (UploadQuery.Parse("dead-letter", options.Delimiter, options.Null, options.Header, out var fault) is not { } query)
        {
            throw new InvalidOperationException($"Pulls:Directories, {options.Path}: {fault}");
        }

        await using var turn = await PullLock.TryTakeAsync(dataSource, $"directory {options.Path}", cancellationToken);
        if (turn is null)
        {
            return;
        }

        foreach (var file in PulledFile.List(options.Path, FilesAtATime).Where(file => !options.RequireManifest || file.HasManifest))
        {
            using var share = budget.TryTake(2L * ingestionOptions.Value.UploadBatchBytes);
            if (share is null)
            {
                return;
            }

            await ReadAsync(file, schema, query, cancellationToken);
        }
    }

    private async Task ReadAsync(PulledFile file, SourceSchema schema, UploadQuery query, CancellationToken cancellationToken)
    {
        var digest = await file.DigestAsync(cancellationToken);
        if (file.HasManifest && await file.ReadManifestAsync(cancellationToken) is var manifest && manifest != digest)
        {
            SetAside(file, $"its SHA-256 is {digest}, its manifest says {manifest}");
            return;
        }

        var definition = new UploadDefinition($"{UploadJobRequest.FileKey}{file.Name}:{digest}", file.Format, query, Length: null);
        if (await jobs.CreateAsync(schema.SourceId, definition, cancellationToken) is not { } job)
        {
            return;
        }

        try
        {
            job = job.IsOpen ? await ReadAsync(file, job, schema, cancellationToken) : job;
        }
        catch (UploadMovedException)
        {
            // Another replica reads it, or somebody has ended the job: the next round sees.
            return;
        }
        catch (TooMuchInFlightException)
        {
            return;
        }

        if (job.State == UploadState.Completed)
        {
            file.MoveToDone();
            LogRead(file.Path, job.Progress.Kept.Accepted, job.Progress.Kept.Duplicates, job.Progress.Kept.DeadLettered);
        }
        else
        {
            SetAside(file, job.State == UploadState.Cancelled ? "its upload was cancelled" : job.Fault);
        }
    }

    private async Task<UploadJob> ReadAsync(PulledFile file, UploadJob job, SourceSchema schema, CancellationToken cancellationToken)
    {
        if (file.Format == UploadFormat.Parquet)
        {
            return await runner.ReadParquetAsync(job, schema, file.Path, cancellationToken);
        }

        string fault;
        try
        {
            await using var text = await file.OpenTextAsync(job.Offset, jobOptions.Value.MaxBytes, cancellationToken);
            return await runner.ReadAsync(job, schema, text, () => true, cancellationToken);
        }
        catch (BodyTooLargeException exception)
        {
            fault = exception.Message;
        }
        catch (Exception exception) when (UploadBody.IsCorrupt(exception))
        {
            fault = "its compressed data is corrupt";
        }

        await jobs.EndAsync(job.Id, at: null, UploadState.Failed, fault, cancellationToken);
        return (await jobs.FindAsync(job.SourceId, job.Id, cancellationToken))!;
    }

    private void SetAside(PulledFile file, string reason)
    {
        file.MoveToQuarantine(reason);
        LogQuarantined(file.Path, reason);
    }

    [LoggerMessage(LogLevel.Warning, "There is no source {Source} for the files in {Path}")]
    private partial void LogNoSource(string source, string path);

    [LoggerMessage(LogLevel.Information, "Read {Path}: {Accepted} accepted, {Duplicates} duplicates, {DeadLettered} dead-lettered")]
    private partial void LogRead(string path, long accepted, long duplicates, long deadLettered);

    [LoggerMessage(LogLevel.Warning, "Quarantined {Path}: {Reason}")]
    private partial void LogQuarantined(string path, string reason);
}
