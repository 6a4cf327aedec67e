using System.ComponentModel.DataAnnotations;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.ModelRegistry.Artifacts;
using CloudNativeAi.ModelRegistry.Watching;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace CloudNativeAi.ModelRegistry.ModelVersions;

internal static class ModelEndpoints
{
    private const int MaxPageSize = 1_000;

    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        var models = routes.MapGroup("/v1/models").WithTags("Models");

        models.MapGet("/", ListAsync).WithName("ListModels");
        models.MapGet("/{name}", FindAsync).WithName("GetModel");
        models.MapGet("/{name}/versions", ListVersionsAsync).WithName("ListModelVersions").ProducesValidationProblem();
        models.MapGet("/{name}/versions/{version:int}", FindVersionAsync).WithName("GetModelVersion");
        models.MapGet("/{name}/versions/{version:int}/artifacts/{**path}", DownloadAsync).WithName("DownloadArtifact");
        models.MapGet("/{name}/audit", ListAuditAsync).WithName("ListAudit").ProducesValidationProblem();
    }

    private static async Task<Ok<IEnumerable<ModelDocument>>> ListAsync(ModelStateReader states, CancellationToken cancellationToken)
    {
        var all = await states.ReadAllAsync(cancellationToken);
        return TypedResults.Ok(all.Select(state => state.ToDocument()));
    }

    private static async Task<Results<Ok<ModelDocument>, ProblemHttpResult>> FindAsync(string name, ModelStateReader states, CancellationToken cancellationToken) =>
        Names.CheckModel(name) is null && await states.FindAsync(name, cancellationToken) is { } state
            ? TypedResults.Ok(state.ToDocument())
            : NoModel();

    private static async Task<Results<Ok<IEnumerable<ModelVersionDocument>>, ProblemHttpResult>> ListVersionsAsync(
        string name, ModelVersionStore versions, CancellationToken cancellationToken,
        [Range(1, MaxPageSize)] int pageSize = 100, [Range(1, int.MaxValue)] int beforeVersion = int.MaxValue) =>
        Names.CheckModel(name) is null && await versions.ListAsync(name, beforeVersion, pageSize, cancellationToken) is { } page
            ? TypedResults.Ok(page.Select(version => version.ToDocument()))
            : NoModel();

    private static async Task<Results<Ok<ModelVersionDocument>, ProblemHttpResult>> FindVersionAsync(
        string name, int version, ModelVersionStore versions, CancellationToken cancellationToken) =>
        Names.CheckModel(name) is null && await versions.FindAsync(name, version, cancellationToken) is { } found
            ? TypedResults.Ok(found.ToDocument())
            : TypedResults.Problem($"This model has no version {version}.", statusCode: StatusCodes.Status404NotFound);

    // The content never changes, so its digest is the entity tag.
    private static async Task<Results<FileStreamHttpResult, ProblemHttpResult>> DownloadAsync(
        string name, int version, string path, ModelVersionStore versions, ArtifactStore artifacts, CancellationToken cancellationToken)
    {
        var found = Names.CheckModel(name) is null ? await versions.FindAsync(name, version, cancellationToken) : null;
        if (found?.Files.FirstOrDefault(file => file.Path == path) is not { } file)
        {
            return TypedResults.Problem("There is no such model version, or it has no file of that path.", statusCode: StatusCodes.Status404NotFound);
        }

        if (artifacts.OpenRead(file.Sha256) is not { } content)
        {
            return TypedResults.Problem($"The content {file.Sha256} is missing from the artifact store.", statusCode: StatusCodes.Status500InternalServerError);
        }

        return TypedResults.Stream(
            content, "application/octet-stream", Path.GetFileName(path), entityTag: new EntityTagHeaderValue($"\"{file.Sha256}\""), enableRangeProcessing: true);
    }

    private static async Task<Results<Ok<IReadOnlyList<AuditEntryDocument>>, ProblemHttpResult>> ListAuditAsync(
        string name, AuditLog auditLog, ModelStateReader states, CancellationToken cancellationToken,
        [Range(1, MaxPageSize)] int pageSize = 100, [Range(1, long.MaxValue)] long beforeId = long.MaxValue) =>
        Names.CheckModel(name) is null && await states.FindAsync(name, cancellationToken) is not null
            ? TypedResults.Ok(await auditLog.ListAsync(name, beforeId, pageSize, cancellationToken))
            : NoModel();

    private static ProblemHttpResult NoModel() =>
        TypedResults.Problem("There is no model of that name.", statusCode: StatusCodes.Status404NotFound);
}
