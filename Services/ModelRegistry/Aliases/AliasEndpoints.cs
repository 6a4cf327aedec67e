using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.ModelRegistry.ModelVersions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CloudNativeAi.ModelRegistry.Aliases;

internal static class AliasEndpoints
{
    public static void MapAliases(this IEndpointRouteBuilder routes)
    {
        var aliases = routes.MapGroup("/v1/models/{name}/aliases").WithTags("Aliases");

        aliases.MapGet("/{alias}", FindAsync).WithName("GetModelVersionByAlias");
        aliases.MapPut("/{alias}", SetAsync).WithName("SetAlias");
    }

    private static async Task<Results<Ok<ModelVersionDocument>, ProblemHttpResult>> FindAsync(
        string name, string alias, ModelVersionStore versions, CancellationToken cancellationToken) =>
        Names.CheckModel(name) is null && Names.CheckAlias(alias) is null && await versions.FindAsync(name, alias, cancellationToken) is { } version
            ? TypedResults.Ok(version.ToDocument())
            : TypedResults.Problem("There is no such model, or it has no such alias.", statusCode: StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<AliasChangeDocument>, ProblemHttpResult>> SetAsync(
        string name, string alias, SetAliasDocument body, AliasStore aliases, ParityGate parity, CancellationToken cancellationToken)
    {
        var actor = body.Actor ?? "";
        if ((Names.CheckModel(name) ?? Names.CheckAlias(alias) ?? Names.CheckReason(body.Reason, actor) ?? Names.CheckOverride(body.ParityOverride ?? "")) is { } problem)
        {
            return TypedResults.Problem(problem, statusCode: StatusCodes.Status400BadRequest);
        }

        if (body.Version < 1)
        {
            return TypedResults.Problem($"The version is {body.Version}; versions begin with 1.", statusCode: StatusCodes.Status400BadRequest);
        }

        var move = new AliasMove(name, alias, body.Version, body.ExpectedVersion, body.Reason, actor, body.ParityOverride ?? "");
        if (await parity.FindObjectionAsync(move, cancellationToken) is { } objection)
        {
            return TypedResults.Problem(
                objection.Message, statusCode: objection.IsKnown ? StatusCodes.Status409Conflict : StatusCodes.Status503ServiceUnavailable);
        }

        var (outcome, change, current) = await aliases.MoveAsync(move, cancellationToken);
        return outcome switch
        {
            AliasOutcome.Moved => TypedResults.Ok(change!.ToDocument()),
            AliasOutcome.Conflict => TypedResults.Problem(AliasStore.DescribeConflict(move, current), statusCode: StatusCodes.Status409Conflict),
            _ => TypedResults.Problem($"There is no model '{name}' with a version {body.Version}.", statusCode: StatusCodes.Status404NotFound),
        };
    }
}
