using System.Text;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.Events;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Sources;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.DeadLetters;

internal enum ReplayStatus
{
    Accepted,
    Duplicate,
    StillInvalid,
    NotWaiting,
    NotFound,
}

internal readonly record struct ReplayOutcome(ReplayStatus Status, long LastPosition = 0, string Fault = "");

/// <summary>Appends corrected dead letters to the event log.</summary>
internal sealed class DeadLetterReplay(
    SourceCatalog catalog, DeadLetterStore store, EventLogWriter writer, IOptions<IngestionOptions> options, TimeProvider timeProvider)
{
    public async Task<ReplayOutcome> ReplayAsync(SourceSchema schema, ReplayDeadLetterRequest request, CancellationToken cancellationToken)
    {
        // The reason to replay is often a new version of the schema.
        schema = await catalog.RefreshAsync(schema.Name, cancellationToken) ?? schema;
        if (await store.FindAsync(schema, request.Id, cancellationToken) is not { } deadLetter)
        {
            return new ReplayOutcome(ReplayStatus.NotFound, Fault: $"Source '{schema.Name}' has no dead letter {request.Id}.");
        }

        if (deadLetter.State != DeadLetterState.Waiting)
        {
            return NotWaiting(deadLetter);
        }

        using var rows = new EventRows();
        if (FindFault(schema, request, deadLetter, rows) is { } fault)
        {
            return new ReplayOutcome(ReplayStatus.StillInvalid, Fault: fault);
        }

        // Closed first: of two replays at the same time one finds it closed and appends nothing.
        await using var transaction = await writer.BeginAsync(schema, cancellationToken);
        if (!await transaction.TakeDeadLetterAsync(request.Id, cancellationToken))
        {
            return NotWaiting(deadLetter);
        }

        await writer.AddAsync(transaction, schema, rows, cancellationToken);
        var result = await writer.CommitAsync(transaction, schema, cancellationToken);
        return new ReplayOutcome(result.Accepted == 1 ? ReplayStatus.Accepted : ReplayStatus.Duplicate, result.LastPosition);
    }

    /// <summary>Replays a page of waiting dead letters as they are, in one transaction.</summary>
    public async Task<ReplayDeadLettersResponse> ReplayAllAsync(SourceSchema schema, DeadLetterQuery query, CancellationToken cancellationToken)
    {
        schema = await catalog.RefreshAsync(schema.Name, cancellationToken) ?? schema;
        var page = await store.ListAsync(schema, query with { State = DeadLetterState.Waiting }, cancellationToken);
        var response = new ReplayDeadLettersResponse { NextPageToken = query.NextPageToken(page) };

        List<DeadLetter> valid = [];
        using (var scratch = new EventRows())
        {
            valid.AddRange(page.Where(deadLetter => FindFault(schema, new ReplayDeadLetterRequest(), deadLetter, scratch) is null));
        }

        response.StillInvalid = page.Count - valid.Count;
        if (valid.Count == 0)
        {
            return response;
        }

        // Closed first: of two replays at the same time each appends what it closed.
        await using var transaction = await writer.BeginAsync(schema, cancellationToken);
        var taken = await transaction.TakeDeadLettersAsync([.. valid.Select(deadLetter => deadLetter.Id)], cancellationToken);
        using var rows = new EventRows();
        foreach (var deadLetter in valid.Where(deadLetter => taken.Contains(deadLetter.Id)))
        {
            FindFault(schema, new ReplayDeadLetterRequest(), deadLetter, rows);
        }

        await writer.AddAsync(transaction, schema, rows, cancellationToken);
        var result = await writer.CommitAsync(transaction, schema, cancellationToken);
        (response.Accepted, response.Duplicates) = (result.Accepted, result.Duplicates);
        return response;
    }

    private string? FindFault(SourceSchema schema, ReplayDeadLetterRequest request, DeadLetter deadLetter, EventRows rows)
    {
        var payload = request.Payload.IsEmpty ? deadLetter.Payload : request.Payload;
        var id = Encoding.UTF8.GetBytes(request.EventId.Length > 0 ? request.EventId : deadLetter.SentEventId);
        var micros = request.EventTimestampMicros != 0 ? request.EventTimestampMicros : deadLetter.EventTimestampMicros;

        var validator = new RowValidator(schema, timeProvider.GetUtcNow().ToMicros(), options.Value.MaxEventBytes);
        if (validator.TryAdd(payload.Span, id, micros, rows, out var fault))
        {
            return null;
        }

        return fault.Field.Length > 0 ? $"field '{fault.Field}': {fault.Reason}" : fault.Reason;
    }

    private static ReplayOutcome NotWaiting(DeadLetter deadLetter) =>
        new(ReplayStatus.NotWaiting, Fault: $"Dead letter {deadLetter.Id} was replayed or discarded already.");
}
