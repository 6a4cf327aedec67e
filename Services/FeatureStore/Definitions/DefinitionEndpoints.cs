using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CloudNativeAi.FeatureStore.Definitions;

internal sealed record DefinitionsDocument(int Version, string Yaml);

internal static class DefinitionEndpoints
{
    private static readonly string[] YamlTypes = ["application/yaml", "application/x-yaml", "text/yaml", "text/plain"];

    public static IEndpointRouteBuilder MapDefinitions(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<FeatureDefinitionsGrpcService>();

        var definitions = routes.MapGroup("/v1/definitions").WithTags("Definitions");
        definitions.MapGet("/", Get).WithName("GetDefinitions");
        definitions.MapPost("/", ApplyAsync).WithName("ApplyDefinitions").ProducesValidationProblem();
        return routes;
    }

    private static Ok<DefinitionsDocument> Get(DefinitionCatalog catalog)
    {
        var definitions = catalog.Current.Definitions;
        return TypedResults.Ok(new DefinitionsDocument(definitions.Version, definitions.Yaml));
    }

    /// <summary>The body is the YAML document itself.</summary>
    private static async Task<Results<Ok<AppliedDefinitions>, ValidationProblem, ProblemHttpResult>> ApplyAsync(
        HttpRequest request, DefinitionApplier applier, string? fileName, bool? dryRun, CancellationToken cancellationToken)
    {
        var type = request.ContentType?.Split(';')[0].Trim();
        if (type is not null && !YamlTypes.Contains(type, StringComparer.OrdinalIgnoreCase))
        {
            return TypedResults.Problem(
                $"The body has the content type '{type}'. Send the YAML document itself as {YamlTypes[0]}.", statusCode: StatusCodes.Status415UnsupportedMediaType);
        }

        if (request.ContentLength > DefinitionsParser.MaxLength * 4L)
        {
            return TypedResults.Problem("The document is too long.", statusCode: StatusCodes.Status413PayloadTooLarge);
        }

        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var yaml = await reader.ReadToEndAsync(cancellationToken);
        try
        {
            return TypedResults.Ok(await applier.ApplyAsync(yaml, fileName ?? "", dryRun ?? false, cancellationToken));
        }
        catch (DefinitionsException exception)
        {
            var errors = exception.Errors.GroupBy(error => $"{error.FileName}:{error.Line}", StringComparer.Ordinal)
                .ToDictionary(group => group.Key, group => group.Select(error => error.Message).ToArray());
            return TypedResults.ValidationProblem(errors, "The definitions are wrong; nothing was changed.");
        }
    }
}
