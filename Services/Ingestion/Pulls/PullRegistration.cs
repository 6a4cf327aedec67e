using CloudNativeAi.Ingestion.Sources;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CloudNativeAi.Ingestion.Pulls;

internal static class PullRegistration
{
    public static void AddPulls(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<PullOptions, PullOptionsValidator>().BindConfiguration(PullOptions.Section);
        builder.Services.AddSingleton<TablePullStore>();
        builder.Services.AddSingleton<DirectoryPuller>();
        builder.Services.AddSingleton<TablePuller>();
        builder.Services.AddHostedService<PullWorker>();
    }

    public static void MapPulls(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/sources/{source}/table-pull", GetAsync).WithTags("Sources").WithName("GetTablePull")
            .WithSummary("How far a source has read its table. Files that were read are uploads.");

    private static async Task<Results<Ok<TablePullDocument>, ProblemHttpResult>> GetAsync(
        string source, SourceCatalog catalog, TablePullStore pulls, CancellationToken cancellationToken)
    {
        if (await catalog.FindAsync(source, cancellationToken) is not { } schema)
        {
            return SourceEndpoints.UnknownSource(source);
        }

        return await pulls.FindAsync(schema.SourceId, cancellationToken) is { } pull
            ? TypedResults.Ok(TablePullDocument.From(pull))
            : TypedResults.Problem($"Source '{source}' has not pulled a table yet.", statusCode: StatusCodes.Status404NotFound);
    }
}

/// <summary>received = accepted + duplicates + deadLettered.</summary>
/// <param name="Watermark">Of the last row read, as its database writes it; null: none was read yet.</param>
/// <param name="Fault">Why the last round failed; empty: it did not.</param>
internal sealed record TablePullDocument(
    string? Watermark, string? Key, long Received, long Accepted, long Duplicates, long DeadLettered, string Fault, long UpdatedTimestampMicros)
{
    public static TablePullDocument From(TablePull pull) => new(
        pull.Place?.Watermark,
        pull.Place?.Key,
        pull.Kept.Accepted + pull.Kept.Duplicates + pull.Kept.DeadLettered,
        pull.Kept.Accepted,
        pull.Kept.Duplicates,
        pull.Kept.DeadLettered,
        pull.Fault,
        pull.UpdatedMicros);
}
