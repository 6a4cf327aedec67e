using System.Runtime.CompilerServices;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.FeatureStore.Definitions;
using Grpc.Core;

namespace CloudNativeAi.FeatureStore.Events;

/// <param name="TraceParent">W3C trace context of the request that brought the last event; may be empty.</param>
internal sealed record LogBatch(EventColumns? Events, long HeadPosition, string TraceParent);

/// <summary>Reads Ingestion's event log of one source by position, decoded by the newest schema.</summary>
internal sealed class EventLogReader(EventLog.EventLogClient eventLog, Sources.SourcesClient sources, DefinitionStore definitions)
{
    /// <summary>Events after a position, without a gap, and then those to come; ends only by an exception or the token.</summary>
    /// <exception cref="EventLogGapException">The log no longer has the next position.</exception>
    public async IAsyncEnumerable<LogBatch> ReadAsync(
        SourceSchema schema, long afterPosition, int batchSize, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var decoder = new EventDecoder(schema);
        var ignored = new HashSet<string>(StringComparer.Ordinal);
        var request = new ReadEventsRequest { Source = schema.Name, AfterPosition = afterPosition, Follow = true, BatchSize = batchSize };
        using var call = eventLog.ReadEvents(request, cancellationToken: cancellationToken);
        await foreach (var message in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            if (message.Events.Count == 0)
            {
                yield return new LogBatch(null, message.HeadPosition, "");
                continue;
            }

            EnsureDense(schema.Name, message, afterPosition);
            afterPosition = message.Events[^1].Position;

            var events = decoder.Decode(message.Events);
            if (decoder.UnknownField is { } field && ignored.Add(field))
            {
                // The source got a newer schema: its events are decoded by it, or the new field would be lost.
                decoder = new EventDecoder(await RefreshAsync(schema.Name, cancellationToken));
                events = decoder.Decode(message.Events);
            }

            yield return new LogBatch(events, message.HeadPosition, message.Events[^1].TraceParent);
        }

        throw new EventLogGapException($"Ingestion ended the stream of the source '{schema.Name}' after position {afterPosition}.");
    }

    /// <summary>The schema that Ingestion declares now; kept, so that a later start does not need Ingestion.</summary>
    public async Task<SourceSchema> RefreshAsync(string source, CancellationToken cancellationToken)
    {
        var status = await sources.GetSourceAsync(new GetSourceRequest { Name = source }, cancellationToken: cancellationToken);
        var schema = IngestionSources.ToSchema(status.Source);
        await definitions.PutSchemaAsync(schema, cancellationToken);
        return schema;
    }

    private static void EnsureDense(string source, EventBatch batch, long afterPosition)
    {
        foreach (var logged in batch.Events)
        {
            if (logged.Position != ++afterPosition)
            {
                throw new EventLogGapException(
                    $"The event log of '{source}' continues at position {logged.Position} where {afterPosition} was expected: events are missing. "
                    + "They may have been removed by retention; nothing is skipped silently.");
            }
        }
    }
}

/// <summary>The log did not go on where it should.</summary>
internal sealed class EventLogGapException(string message) : Exception(message);
