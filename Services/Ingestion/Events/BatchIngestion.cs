using System.Diagnostics;
using System.Text;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.DeadLetters;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Sources;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.Events;

/// <summary>Takes in one batch of the gRPC contract in two steps, so that the next can be prepared while one is written.</summary>
internal sealed class BatchIngestion(
    SourceCatalog catalog,
    SourceStore sources,
    EventLogWriter writer,
    IngestionBudget budget,
    IngestionMetrics metrics,
    IOptions<IngestionOptions> options,
    TimeProvider timeProvider)
{
    private const int MaxReported = 100;
    private const int MaxReportedInError = 5;

    /// <summary>Validates and encodes. The result must be disposed of.</summary>
    public async ValueTask<PreparedBatch> PrepareAsync(IngestEventsRequest request, CancellationToken cancellationToken)
    {
        var startTimestamp = Stopwatch.GetTimestamp();
        if (budget.TryTake(request.CalculateSize()) is not { } share)
        {
            return new PreparedBatch(new BatchFault(StatusCode.ResourceExhausted, $"Too much is in flight; retry after {budget.RetryAfter.TotalSeconds:0.###} s."));
        }

        try
        {
            if (request.Events.Count > options.Value.MaxBatchEvents)
            {
                return new PreparedBatch(
                    new BatchFault(StatusCode.InvalidArgument, $"The batch has {request.Events.Count} events, the limit is {options.Value.MaxBatchEvents}."), share);
            }

            if (await catalog.FindAsync(request.Source, cancellationToken) is not { } schema)
            {
                return new PreparedBatch(new BatchFault(StatusCode.NotFound, $"There is no source '{request.Source}'. Declare it with PutSource."), share);
            }

            var batch = Validate(schema, request, share, startTimestamp);
            if (batch.Invalid.Count > 0 && await catalog.RefreshAsync(request.Source, cancellationToken) is { } current && current.Version != schema.Version)
            {
                // Another replica has taken a new version that this one had not heard of.
                batch.DisposeRows();
                batch = Validate(current, request, share, startTimestamp);
            }

            return batch;
        }
        catch
        {
            share.Dispose();
            throw;
        }
    }

    /// <summary>Makes the batch durable, or says why not.</summary>
    public async Task<IngestEventsResponse> WriteAsync(PreparedBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Fault is { } fault)
        {
            return ToResponse(fault);
        }

        var schema = batch.Schema!;
        var response = new IngestEventsResponse { InvalidTotal = batch.Invalid.Count };
        response.Invalid.AddRange(batch.Invalid.Take(MaxReported).Select(row => new InvalidEvent
        {
            Row = row.Row,
            EventId = row.Fault.EventId,
            Field = row.Fault.Field,
            Reason = row.Fault.Reason,
        }));

        if (batch.Invalid.Count > 0 && batch.OnInvalid == OnInvalid.RejectBatch)
        {
            var rows = batch.Rows!.Count + batch.Invalid.Count;
            await sources.CountRefusedAsync(schema.SourceId, rows, cancellationToken);
            metrics.RecordRefused(schema.Name, rows);
            response.Error = Describe(batch.Invalid);
            response.ErrorCode = (int)StatusCode.InvalidArgument;
            return response;
        }

        var result = await writer.AppendAsync(schema, batch.Rows!, batch.Invalid, cancellationToken);
        metrics.RecordBatch(Stopwatch.GetElapsedTime(batch.StartTimestamp));

        response.Accepted = result.Accepted;
        response.Duplicates = result.Duplicates;
        response.DeadLettered = result.DeadLettered;
        response.LastPosition = result.LastPosition;
        return response;
    }

    private PreparedBatch Validate(SourceSchema schema, IngestEventsRequest request, IDisposable share, long startTimestamp)
    {
        var validator = new RowValidator(schema, timeProvider.GetUtcNow().ToMicros(), options.Value.MaxEventBytes);
        var rows = new EventRows();
        List<InvalidRow> invalid = [];
        Span<byte> idBuffer = stackalloc byte[4 * RowValidator.MaxIdLength];

        for (var index = 0; index < request.Events.Count; index++)
        {
            var item = request.Events[index];
            var payload = item.Payload.Memory;
            RowFault fault;
            if (!Encoding.UTF8.TryGetBytes(item.Id, idBuffer, out var idLength))
            {
                fault = new RowFault("", $"the event id is longer than {RowValidator.MaxIdLength} characters", Shorten(item.Id));
            }
            else if (validator.TryAdd(payload.Span, idBuffer[..idLength], item.EventTimestampMicros, rows, out fault))
            {
                continue;
            }

            invalid.Add(new InvalidRow(index, 0, fault, Shorten(item.Id), item.EventTimestampMicros, payload, default));
        }

        return new PreparedBatch(schema, rows, invalid, request.OnInvalid, share, startTimestamp);
    }

    private static string Shorten(string id) => id.Length <= RowValidator.MaxIdLength ? id : id[..RowValidator.MaxIdLength] + "...";

    private static string Describe(List<InvalidRow> invalid)
    {
        var rows = invalid.Take(MaxReportedInError).Select(row =>
            row.Fault.Field.Length > 0 ? $"row {row.Row}, field '{row.Fault.Field}': {row.Fault.Reason}" : $"row {row.Row}: {row.Fault.Reason}");
        var more = invalid.Count > MaxReportedInError ? $" (and {invalid.Count - MaxReportedInError} more rows)" : "";
        return $"Nothing was written: {string.Join("; ", rows)}{more}.";
    }

    private IngestEventsResponse ToResponse(BatchFault fault) => new()
    {
        Error = fault.Message,
        ErrorCode = (int)fault.Code,
        RetryAfterMicros = fault.Code == StatusCode.ResourceExhausted ? (long)budget.RetryAfter.TotalMicroseconds : 0,
    };
}

/// <summary>A batch that was validated, or its fault. Holds its share of the budget.</summary>
internal sealed class PreparedBatch : IDisposable
{
    private readonly IDisposable? _share;

    public PreparedBatch(BatchFault fault, IDisposable? share = null) => (Fault, _share) = (fault, share);

    public PreparedBatch(SourceSchema schema, EventRows rows, List<InvalidRow> invalid, OnInvalid onInvalid, IDisposable share, long startTimestamp) =>
        (Schema, Rows, Invalid, OnInvalid, _share, StartTimestamp) = (schema, rows, invalid, onInvalid, share, startTimestamp);

    public BatchFault? Fault { get; }

    public SourceSchema? Schema { get; }

    public EventRows? Rows { get; }

    public List<InvalidRow> Invalid { get; } = [];

    public OnInvalid OnInvalid { get; }

    public long StartTimestamp { get; }

    public void DisposeRows() => Rows?.Dispose();

    public void Dispose()
    {
        DisposeRows();
        _share?.Dispose();
    }
}
