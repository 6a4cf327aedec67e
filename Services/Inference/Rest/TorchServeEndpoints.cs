using System.Text.Json;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.OpenInference;
using CloudNativeAi.Inference.Tensors;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Rest;

/// <summary>
/// REST of TorchServe. A prediction's body is one instance: JSON as one row of KServe's, anything else the bytes of the only
/// input's tensor; the answer is the prediction of that one.
/// </summary>
internal static class TorchServeEndpoints
{
    public static void MapTorchServeRest(this IEndpointRouteBuilder routes)
    {
        var torch = routes.MapGroup("").WithTags("TorchServe");
        torch.MapGet("/ping", Ping).WithSummary("Healthy when models are known and served");
        torch.MapPost("/predictions/{model}", PredictAsync).WithSummary("Run the model on one instance");
        torch.MapPost("/predictions/{model}/{version}", PredictAsync).WithSummary("Run the version on one instance");
    }

    /// <summary>Whether the path is one of these.</summary>
    public static bool Owns(PathString path) => path.StartsWithSegments("/predictions", StringComparison.Ordinal) || path == "/ping";

    private static IResult Ping(ServedModels served) => served.IsInitialized
        ? Results.Json(new { status = "Healthy" })
        : Results.Json(new { status = "Unhealthy" }, statusCode: StatusCodes.Status500InternalServerError);

    private static async Task PredictAsync(HttpContext context, InferenceEngine engine, IOptions<OpenInferenceOptions> options, string model, string? version)
    {
        using var body = await RestBody.ReadAsync(context, options.Value.MaxRequestBytes);
        using var lease = await engine.LeaseAsync(model, context.VersionOf(version), context.RequestAborted);
        List<Tensor> tensors = context.Request.HasJsonContentType()
            ? PredictionJson.ReadRows(lease.Model, AsOnlyRow(body.Written.Span), options.Value.MaxJsonDepth)
            : [RawTensor.From(lease.Model, body.Written)];

        var answer = await engine.InferAsync(lease.Model, new InferCall(tensors, []), context.RequestAborted);

        using var json = new PooledBuffer(1_024);
        await using (var writer = new Utf8JsonWriter(json))
        {
            // The first row is the only one, where rows there are.
            var hasRows = answer.Outputs.All(output => output.Shape is [1, ..]);
            PredictionJson.WriteColumns(writer, hasRows ? answer with { Outputs = [.. answer.Outputs.Select(output => TensorRows.Split(output)[0])] } : answer);
        }

        await RestBody.WriteJsonAsync(context, json.Written);
    }

    private static byte[] AsOnlyRow(ReadOnlySpan<byte> json) => [(byte)'[', .. json, (byte)']'];
}
