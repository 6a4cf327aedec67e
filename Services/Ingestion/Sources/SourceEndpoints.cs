using Microsoft.AspNetCore.Http.HttpResults;

namespace CloudNativeAi.Ingestion.Sources;

/// <summary>Definitions and counters of sources.</summary>
internal static class SourceEndpoints
{
    public static void MapSources(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<SourceGrpcService>();

        var sources = routes.MapGroup("/v1/sources").WithTags("Sources");
        sources.MapGet("/", ListAsync).WithName("ListSources");
        sources.MapGet("/{name}", GetAsync).WithName("GetSource");
        sources.MapPut("/{name}", PutAsync).WithName("PutSource");
    }

    public static ProblemHttpResult UnknownSource(string name) => TypedResults.Problem(
        $"There is no source '{name}'. Declare it with PUT /v1/sources/{{name}}.", statusCode: StatusCodes.Status404NotFound);

    private static async Task<Ok<SourceStatusDocument[]>> ListAsync(SourceStore sources, CancellationToken cancellationToken)
    {
        var statuses = await sources.ListAsync(cancellationToken);
        return TypedResults.Ok(statuses.Select(SourceStatusDocument.From).ToArray());
    }

    private static async Task<Results<Ok<SourceStatusDocument>, ProblemHttpResult>> GetAsync(string name, SourceStore sources, CancellationToken cancellationToken) =>
        await sources.FindAsync(name, cancellationToken) is { } status
            ? TypedResults.Ok(SourceStatusDocument.From(status))
            : UnknownSource(name);

    private static async Task<Results<Ok<SourceStatusDocument>, ProblemHttpResult>> PutAsync(
        string name, SourceDocument definition, SourceStore sources, CancellationToken cancellationToken)
    {
        var outcome = await sources.PutAsync(definition.ToSource(name), cancellationToken);
        return outcome.Status is { } status
            ? TypedResults.Ok(SourceStatusDocument.From(status))
            : TypedResults.Problem(outcome.Fault, statusCode: outcome.Incompatible ? StatusCodes.Status409Conflict : StatusCodes.Status400BadRequest);
    }
}
