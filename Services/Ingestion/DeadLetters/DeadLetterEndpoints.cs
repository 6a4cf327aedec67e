using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.Events;
using CloudNativeAi.Ingestion.Sources;
using CloudNativeAi.Ingestion.Uploads;
using Google.Protobuf;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.DeadLetters;

/// <summary>Refused rows: list, correct and replay, discard.</summary>
internal static class DeadLetterEndpoints
{
    public static void MapDeadLetters(this IEndpointRouteBuilder routes)
    {
        var deadLetters = routes.MapGroup("/v1/sources/{source}/dead-letters").WithTags("Dead letters");
        deadLetters.MapGet("/", ListAsync).WithName("ListDeadLetters");
        deadLetters.MapPost("/replay", ReplayAllAsync).WithName("ReplayDeadLetters").WithSummary("Replays a page of waiting dead letters as they are.");
        deadLetters.MapPost("/discard", DiscardAllAsync).WithName("DiscardDeadLetters").WithSummary("Gives a page of waiting dead letters up.");
        deadLetters.MapPost("/{id:long}/replay", ReplayAsync).WithName("ReplayDeadLetter");
        deadLetters.MapPost("/{id:long}/discard", DiscardAsync).WithName("DiscardDeadLetter");
    }

    private static async Task<Results<Ok<DeadLetterPage>, ProblemHttpResult>> ListAsync(
        string source,
        [AsParameters] DeadLetterSelection selection,
        SourceCatalog catalog,
        DeadLetterStore store,
        CancellationToken cancellationToken,
        [FromQuery] string? state = null)
    {
        if (!Enum.TryParse<DeadLetterState>(state ?? nameof(DeadLetterState.Waiting), ignoreCase: true, out var wanted))
        {
            return TypedResults.Problem("state is 'waiting', 'replayed' or 'discarded'.", statusCode: StatusCodes.Status400BadRequest);
        }

        var request = selection.From(source);
        request.State = wanted;
        if (DeadLetterQuery.From(request, out var fault) is not { } query)
        {
            return TypedResults.Problem(fault, statusCode: StatusCodes.Status400BadRequest);
        }

        if (await catalog.FindAsync(source, cancellationToken) is not { } schema)
        {
            return SourceEndpoints.UnknownSource(source);
        }

        var page = await store.ListAsync(schema, query, cancellationToken);
        return TypedResults.Ok(new DeadLetterPage([.. page.Select(DeadLetterDocument.From)], NullIfEmpty(query.NextPageToken(page))));
    }

    /// <summary>The body, if there is one, is the corrected row.</summary>
    private static async Task<Results<Ok<ReplayDocument>, ProblemHttpResult>> ReplayAsync(
        string source,
        long id,
        SourceCatalog catalog,
        DeadLetterReplay replay,
        HttpRequest http,
        IOptions<IngestionOptions> options,
        CancellationToken cancellationToken)
    {
        // As it comes: the row in the log is the client's text.
        var opened = await UploadBody.OpenAsync(http, UploadFormat.Json, options.Value.MaxEventBytes, cancellationToken);
        if (opened.Body is not { } body)
        {
            return TypedResults.Problem(opened.Fault, statusCode: StatusCodes.Status415UnsupportedMediaType);
        }

        ByteString payload;
        try
        {
            await using var _ = body;
            payload = await ByteString.FromStreamAsync(body, cancellationToken);
        }
        catch (BodyTooLargeException exception)
        {
            return TypedResults.Problem($"A row has at most {exception.Limit} bytes.", statusCode: StatusCodes.Status413PayloadTooLarge);
        }
        catch (Exception exception) when (UploadBody.IsCorrupt(exception))
        {
            return TypedResults.Problem("The compressed data is corrupt.", statusCode: StatusCodes.Status400BadRequest);
        }

        if (await catalog.FindAsync(source, cancellationToken) is not { } schema)
        {
            return SourceEndpoints.UnknownSource(source);
        }

        var request = new ReplayDeadLetterRequest
        {
            Source = source,
            Id = id,
            Payload = payload,
        };
        var outcome = await replay.ReplayAsync(schema, request, cancellationToken);
        return outcome.Status switch
        {
            ReplayStatus.Accepted => TypedResults.Ok(new ReplayDocument("accepted", outcome.LastPosition)),
            ReplayStatus.Duplicate => TypedResults.Ok(new ReplayDocument("duplicate", outcome.LastPosition)),
            ReplayStatus.StillInvalid => TypedResults.Problem(outcome.Fault, statusCode: StatusCodes.Status422UnprocessableEntity),
            ReplayStatus.NotFound => TypedResults.Problem(outcome.Fault, statusCode: StatusCodes.Status404NotFound),
            _ => TypedResults.Problem(outcome.Fault, statusCode: StatusCodes.Status409Conflict),
        };
    }

    private static async Task<Results<Ok<ReplayAllDocument>, ProblemHttpResult>> ReplayAllAsync(
        string source,
        [AsParameters] DeadLetterSelection selection,
        SourceCatalog catalog,
        DeadLetterReplay replay,
        CancellationToken cancellationToken)
    {
        var request = selection.From(source);
        if (DeadLetterQuery.From(request, out var fault) is not { } query)
        {
            return TypedResults.Problem(fault, statusCode: StatusCodes.Status400BadRequest);
        }

        if (await catalog.FindAsync(source, cancellationToken) is not { } schema)
        {
            return SourceEndpoints.UnknownSource(source);
        }

        var response = await replay.ReplayAllAsync(schema, query, cancellationToken);
        return TypedResults.Ok(new ReplayAllDocument(response.Accepted, response.Duplicates, response.StillInvalid, NullIfEmpty(response.NextPageToken)));
    }

    private static async Task<Results<Ok<DiscardAllDocument>, ProblemHttpResult>> DiscardAllAsync(
        string source,
        [AsParameters] DeadLetterSelection selection,
        SourceCatalog catalog,
        DeadLetterStore store,
        CancellationToken cancellationToken)
    {
        if (DeadLetterQuery.From(selection.From(source), out var fault) is not { } query)
        {
            return TypedResults.Problem(fault, statusCode: StatusCodes.Status400BadRequest);
        }

        if (await catalog.FindAsync(source, cancellationToken) is not { } schema)
        {
            return SourceEndpoints.UnknownSource(source);
        }

        var (discarded, nextPageToken) = await store.DiscardAllAsync(schema, query, cancellationToken);
        return TypedResults.Ok(new DiscardAllDocument(discarded, NullIfEmpty(nextPageToken)));
    }

    private static string? NullIfEmpty(string text) => text.Length > 0 ? text : null;

    private static async Task<Results<Ok<DeadLetterDocument>, ProblemHttpResult>> DiscardAsync(
        string source, long id, SourceCatalog catalog, DeadLetterStore store, CancellationToken cancellationToken)
    {
        if (await catalog.FindAsync(source, cancellationToken) is not { } schema)
        {
            return SourceEndpoints.UnknownSource(source);
        }

        return await store.DiscardAsync(schema, id, cancellationToken) is { } discarded
            ? TypedResults.Ok(DeadLetterDocument.From(discarded))
            : TypedResults.Problem($"Source '{source}' has no waiting dead letter {id}.", statusCode: StatusCodes.Status404NotFound);
    }
}
