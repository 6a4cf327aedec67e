using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.Pulls;
using CloudNativeAi.Ingestion.Sources;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.UploadJobs;

/// <summary>Uploads, watched directories and tables, for those who look at them.</summary>
internal sealed class InputGrpcService(SourceCatalog catalog, UploadJobStore jobs, TablePullStore pulls, IOptions<PullOptions> pullOptions) : Inputs.InputsBase
{
    public override async Task<ListUploadsResponse> ListUploads(ListUploadsRequest request, ServerCallContext context)
    {
        var pageSize = PageSize.Of(request.PageSize) ?? throw Invalid(PageSize.Fault);
        var schema = await FindSchemaAsync(request.Source, context.CancellationToken);
        var before = request.PageToken.Length > 0
            ? await FindAsync(schema, request.PageToken, context.CancellationToken) ?? throw Invalid("page_token is not one that this service gave")
            : null;
        var page = await jobs.ListAsync(schema.SourceId, before, pageSize, context.CancellationToken);

        return new ListUploadsResponse
        {
            Uploads = { page.Select(job => Status(schema, job)) },
            NextPageToken = page.Count == pageSize ? page[^1].Id.ToString() : "",
        };
    }

    public override async Task<UploadStatus> GetUpload(GetUploadRequest request, ServerCallContext context)
    {
        var schema = await FindSchemaAsync(request.Source, context.CancellationToken);

        return await FindAsync(schema, request.Id, context.CancellationToken) is { } job ? Status(schema, job) : throw UnknownUpload(schema, request.Id);
    }

    public override async Task<UploadStatus> CancelUpload(CancelUploadRequest request, ServerCallContext context)
    {
        var schema = await FindSchemaAsync(request.Source, context.CancellationToken);
        var job = await FindAsync(schema, request.Id, context.CancellationToken) ?? throw UnknownUpload(schema, request.Id);

        job = await jobs.CancelAsync(job, context.CancellationToken) ?? throw UnknownUpload(schema, request.Id);

        return job.State == UploadState.Cancelled
            ? Status(schema, job)
            : throw new RpcException(new Status(StatusCode.FailedPrecondition, $"The upload has ended already: {job.State}."));
    }

    public override async Task<PullStatus> GetPulls(GetPullsRequest request, ServerCallContext context)
    {
        var schema = await FindSchemaAsync(request.Source, context.CancellationToken);
        var pull = await pulls.FindAsync(schema.SourceId, context.CancellationToken);

        return new PullStatus
        {
            IntervalMicros = pullOptions.Value.Interval.Ticks / TimeSpan.TicksPerMicrosecond,
            Directories =
            {
                pullOptions.Value.Directories.Where(directory => directory.Source == schema.Name)
                    .Select(directory => new WatchedDirectory { Path = directory.Path, RequireManifest = directory.RequireManifest }),
            },
            Tables = { pullOptions.Value.Tables.Where(table => table.Source == schema.Name).Select(table => Table(table, pull)) },
        };
    }

    private static UploadStatus Status(SourceSchema schema, UploadJob job)
    {
        var status = new UploadStatus
        {
            Id = job.Id.ToString(),
            Source = schema.Name,
            Key = job.Definition.Key,
            Format = job.Definition.Format.ToString().ToLowerInvariant(),
            State = (UploadJobState)job.State,
            Fault = job.Fault,
            Offset = job.Offset,
            Received = job.Progress.Received,
            Accepted = job.Progress.Kept.Accepted,
            Duplicates = job.Progress.Kept.Duplicates,
            DeadLettered = job.Progress.Kept.DeadLettered,
            CreatedTimestampMicros = job.CreatedMicros,
            UpdatedTimestampMicros = job.UpdatedMicros,
        };
        if (job.Definition.Length is { } length)
        {
            status.Length = length;
        }

        return status;
    }

    private static PulledTable Table(TablePullOptions options, TablePull? pull) => new()
    {
        ConnectionName = options.ConnectionName,
        WatermarkColumn = options.WatermarkColumn,
        KeyColumn = options.KeyColumn,
        Watermark = pull?.Place?.Watermark ?? "",
        Key = pull?.Place?.Key ?? "",
        Received = pull is null ? 0 : pull.Kept.Accepted + pull.Kept.Duplicates + pull.Kept.DeadLettered,
        Accepted = pull?.Kept.Accepted ?? 0,
        Duplicates = pull?.Kept.Duplicates ?? 0,
        DeadLettered = pull?.Kept.DeadLettered ?? 0,
        Fault = pull?.Fault ?? "",
        UpdatedTimestampMicros = pull?.UpdatedMicros ?? 0,
    };

    private async Task<SourceSchema> FindSchemaAsync(string name, CancellationToken cancellationToken) =>
        await catalog.FindAsync(name, cancellationToken) ?? throw new RpcException(new Status(StatusCode.NotFound, $"There is no source '{name}'."));

    private async Task<UploadJob?> FindAsync(SourceSchema schema, string id, CancellationToken cancellationToken) =>
        Guid.TryParse(id, out var guid) ? await jobs.FindAsync(schema.SourceId, guid, cancellationToken) : null;

    private static RpcException UnknownUpload(SourceSchema schema, string id) =>
        new(new Status(StatusCode.NotFound, $"Source '{schema.Name}' has no upload {id}."));

    private static RpcException Invalid(string detail) => new(new Status(StatusCode.InvalidArgument, detail));
}
