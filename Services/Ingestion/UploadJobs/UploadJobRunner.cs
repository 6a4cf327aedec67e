using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.Sources;
using CloudNativeAi.Ingestion.Uploads;

namespace CloudNativeAi.Ingestion.UploadJobs;

/// <summary>Reads a part of a job's body into the event log, from the place where the job is.</summary>
internal sealed class UploadJobRunner(UploadJobStore jobs, UploadReader reader)
{
    /// <summary>Bad rows become dead letters; a body that cannot be read on fails the job.</summary>
    /// <param name="body">NDJSON or CSV as UTF-8, from the job's offset on.</param>
    /// <param name="endsUpload">Asked at the end of the body: whether it is the end of the job's.</param>
    /// <exception cref="UploadMovedException">Somebody else has moved the job on, or ended it. What was read since its place was not written.</exception>
    public async Task<UploadJob> ReadAsync(UploadJob job, SourceSchema schema, Stream body, Func<bool> endsUpload, CancellationToken cancellationToken)
    {
        await using var upload = Open(job, schema);
        var malformed = await reader.ReadRecordsAsync(job.Definition.Format, body, upload, job.Definition.Query, endsUpload, cancellationToken);
        return await EndAsync(job, upload, malformed, endsUpload(), cancellationToken);
    }

    /// <summary>The rest of a Parquet file.</summary>
    /// <exception cref="UploadMovedException">As for other bodies.</exception>
    public async Task<UploadJob> ReadParquetAsync(UploadJob job, SourceSchema schema, string path, CancellationToken cancellationToken)
    {
        await using var upload = Open(job, schema);
        var malformed = await reader.ReadParquetAsync(path, upload, cancellationToken);
        return await EndAsync(job, upload, malformed, ended: true, cancellationToken);
    }

    private Upload Open(UploadJob job, SourceSchema schema) => reader.Resume(
        schema, OnInvalid.DeadLetter, job.Progress, (connection, from, to, token) => jobs.SaveAsync(job.Id, connection, from, to, token));

    private async Task<UploadJob> EndAsync(UploadJob job, Upload upload, MalformedBody? malformed, bool ended, CancellationToken cancellationToken)
    {
        await upload.CompleteAsync(cancellationToken);
        if (upload.Place != upload.LastSaved.Place)
        {
            await jobs.SaveAsync(job.Id, upload.LastSaved, upload.Progress, cancellationToken);
        }

        if (malformed is not null || ended)
        {
            var state = malformed is null ? UploadState.Completed : UploadState.Failed;
            if (!await jobs.EndAsync(job.Id, upload.Progress, state, Describe(malformed), cancellationToken))
            {
                throw new UploadMovedException();
            }
        }

        return (await jobs.FindAsync(job.SourceId, job.Id, cancellationToken))!;
    }

    private static string Describe(MalformedBody? malformed) => malformed switch
    {
        null => "",
        { Line: > 0 } => $"Row {malformed.Row}, line {malformed.Line}: {malformed.Reason}.",
        _ => $"Row {malformed.Row}: {malformed.Reason}.",
    };
}
