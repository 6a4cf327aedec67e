using System.Text.Json;
using CloudNativeAi.Ingestion.Sources;

namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>A look into the event log for people and scripts. Services read it by gRPC.</summary>
internal static class EventLogEndpoints
{
    private const int MaxLimit = 1_000;
    private const int DefaultLimit = 100;

    public static async Task<IResult> ReadAsync(
        string source, SourceCatalog catalog, EventLogReader log, CancellationToken cancellationToken, long after = 0, int limit = DefaultLimit)
    {
        if (after < 0 || limit is < 1 or > MaxLimit)
        {
            return TypedResults.Problem($"'after' is not negative and 'limit' is between 1 and {MaxLimit}.", statusCode: StatusCodes.Status400BadRequest);
        }

        if (await catalog.FindAsync(source, cancellationToken) is not { } schema)
        {
            return SourceEndpoints.UnknownSource(source);
        }

        var range = await log.ReadRangeAsync(schema.SourceId, cancellationToken);
        after = after == 0 ? range.Oldest - 1 : after;
        var batch = await log.ReadAsync(schema.SourceId, after, long.MaxValue, limit, cancellationToken);

        return batch is null
            ? TypedResults.Problem(
                $"The event after position {after} was removed by retention; the oldest position is {range.Oldest}.", statusCode: StatusCodes.Status410Gone)
            : TypedResults.Ok(new EventPage(
                [.. batch.Events.Select(e => new EventDocument(
                    e.Position, e.Id, e.EventTimestampMicros, e.CreatedTimestampMicros, JsonDocument.Parse(e.Payload.Memory).RootElement, e.SchemaVersion, e.TraceParent))],
                batch.HeadPosition));
    }
}

/// <summary>Events in position order, and the newest position.</summary>
internal sealed record EventPage(IReadOnlyList<EventDocument> Events, long HeadPosition);

/// <summary>One event of the log; timestamps are microseconds since 1970-01-01T00:00:00Z.</summary>
internal sealed record EventDocument(
    long Position, string Id, long EventTimestampMicros, long CreatedTimestampMicros, JsonElement Payload, int SchemaVersion, string TraceParent);
