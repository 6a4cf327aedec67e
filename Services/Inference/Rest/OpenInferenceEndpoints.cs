using System.Globalization;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.OpenInference;
using CloudNativeAi.Inference.Tensors;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Rest;

/// <summary>REST of the Open Inference Protocol v2 with Triton's extensions: what the gRPC service does, over HTTP.</summary>
internal static class OpenInferenceEndpoints
{
    public static void MapOpenInferenceRest(this IEndpointRouteBuilder routes)
    {
        var v2 = routes.MapGroup("/v2").WithTags("Open Inference Protocol v2");
        v2.MapGet("/", () => new JsonResult(ModelDescriptions.Server)).WithSummary("Name, version and extensions of the server");
        v2.MapGet("/health/live", () => new JsonResult(new ServerLiveResponse { Live = true })).WithSummary("The process answers");
        v2.MapGet("/health/ready", Ready).WithSummary("Models are known and served; else 503");
        v2.MapGet("/models", (ServedModels served) => Results.Json(new { models = served.Names })).WithSummary("Names of the models");
        v2.MapGet("/models/stats", (ModelDescriptions descriptions, CancellationToken token) => StatisticsAsync(descriptions, "", null, token))
            .WithSummary("Exact counts and times of every version in memory");
        MapModel(v2.MapGroup("/models/{model}"));
        MapModel(v2.MapGroup("/models/{model}/versions/{version}"));

        MapRepository(v2.MapGroup("/repository").WithTags("Model repository"));
        MapRepository(v2.MapGroup("/repository/{repository}").ExcludeFromDescription());
    }

    private static void MapModel(RouteGroupBuilder model)
    {
        model.MapGet("/", MetadataAsync).WithSummary("Inputs, outputs and versions of a model");
        model.MapGet("/ready", ModelReadyAsync).WithSummary("200 when the model can be asked");
        model.MapGet("/config", ConfigAsync).WithSummary("Batching, instances and tensors, as Triton describes them");
        model.MapGet("/stats", StatisticsAsync).WithSummary("Exact counts and times");
        model.MapPost("/infer", InferAsync).WithSummary("Run the model on tensors, in JSON or as binary data");
    }

    private static void MapRepository(RouteGroupBuilder repository)
    {
        repository.MapPost("/index", IndexAsync).WithSummary("Versions and their states");
        repository.MapPost("/models/{model}/load", LoadAsync).WithSummary("Serve the model as the registry wants it");
        repository.MapPost("/models/{model}/unload", UnloadAsync).WithSummary("Take the model out of this process");
    }

    private static JsonResult Ready(ServedModels served) => new(
        new ServerReadyResponse { Ready = served.IsInitialized }, served.IsInitialized ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);

    private static async Task<JsonResult> MetadataAsync(ModelDescriptions descriptions, string model, string? version, CancellationToken cancellationToken) =>
        new(await descriptions.MetadataAsync(model, version ?? "", cancellationToken));

    private static async Task<IResult> ModelReadyAsync(InferenceEngine engine, string model, string? version, CancellationToken cancellationToken)
    {
        using var lease = await engine.LeaseAsync(model, version ?? "", cancellationToken);
        return Results.Json(new { name = model, ready = true });
    }

    private static async Task<JsonResult> ConfigAsync(ModelDescriptions descriptions, string model, string? version, CancellationToken cancellationToken) =>
        new(await descriptions.ConfigAsync(model, version ?? "", cancellationToken));

    private static async Task<JsonResult> StatisticsAsync(ModelDescriptions descriptions, string model, string? version, CancellationToken cancellationToken) =>
        new(new ModelStatisticsResponse { ModelStats = { await descriptions.StatisticsAsync(model, version ?? "", cancellationToken) } });

    private static async Task InferAsync(HttpContext context, InferenceEngine engine, IOptions<OpenInferenceOptions> options, string model, string? version)
    {
        using var body = await RestBody.ReadAsync(context, options.Value.MaxRequestBytes);
        var headerLength = RestBody.HeaderLength(context.Request, body.Length);
        using var lease = await engine.LeaseAsync(model, context.VersionOf(version), context.RequestAborted);
        var request = headerLength switch
        {
            // The whole body is the one tensor.
            0 => new RestInferRequest(null, new InferCall([RawTensor.From(lease.Model, body.Written)], []), [], IsBinaryByDefault: true),
            { } length => InferRequestJson.Read(body.Written[..length], body.Written[length..], options.Value),
            null => InferRequestJson.Read(body.Written, null, options.Value),
        };
        InferResponseJson.CheckForms(lease.Model, request);

        var answer = await engine.InferAsync(lease.Model, request.Call, context.RequestAborted);

        using var json = new PooledBuffer(1_024);
        var blobs = InferResponseJson.Write(json, answer, request);
        if (blobs.Count == 0)
        {
            await RestBody.WriteJsonAsync(context, json.Written);
            return;
        }

        context.Response.Headers[RestBody.HeaderLengthName] = json.Length.ToString(CultureInfo.InvariantCulture);
        await RestBody.WriteAsync(context, "application/octet-stream", json.Written, blobs);
    }

    private static async Task<JsonResult> IndexAsync(HttpContext context, ModelDescriptions descriptions, IOptions<OpenInferenceOptions> limits, string? repository)
    {
        ModelRepository.CheckName(repository ?? "");
        var parameters = await ReadParametersAsync(context, limits.Value, isWrapped: false);
        return JsonResult.Array(descriptions.Index(InferParameters.Flag(parameters, "ready") ?? false));
    }

    private static async Task<IResult> LoadAsync(HttpContext context, ModelRepository models, IOptions<OpenInferenceOptions> limits, string model, string? repository)
    {
        ModelRepository.CheckName(repository ?? "");
        var parameters = await ReadParametersAsync(context, limits.Value, isWrapped: true);
        await models.LoadAsync(model, parameters.Keys, context.RequestAborted);
        return Results.Json(new { name = model, load = true });
    }

    private static async Task<IResult> UnloadAsync(HttpContext context, ModelRepository models, IOptions<OpenInferenceOptions> limits, string model, string? repository)
    {
        ModelRepository.CheckName(repository ?? "");
        var parameters = await ReadParametersAsync(context, limits.Value, isWrapped: true);
        await models.UnloadAsync(model, parameters.Keys, context.RequestAborted);
        return Results.Json(new { name = model, unload = true });
    }

    // An empty body has none. Wrapped, they are below "parameters".
    private static async Task<Dictionary<string, InferParameter>> ReadParametersAsync(HttpContext context, OpenInferenceOptions limits, bool isWrapped)
    {
        using var body = await RestBody.ReadAsync(context, limits.MaxRequestBytes);
        if (body.Length == 0)
        {
            return [];
        }

        var reader = new JsonObjectReader(body.Written.Span, limits.MaxJsonDepth);
        if (!isWrapped)
        {
            return reader.ReadParameters();
        }

        Dictionary<string, InferParameter> parameters = [];
        reader.BeginObject("the request");
        while (reader.NextProperty() is { } name)
        {
            if (name == "parameters")
            {
                parameters = reader.ReadParameters();
            }
            else
            {
                reader.Skip();
            }
        }

        return parameters;
    }
}
