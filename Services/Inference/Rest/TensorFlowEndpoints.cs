using System.Globalization;
using System.Text.Json;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.OpenInference;
using CloudNativeAi.Inference.Tensors;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Rest;

/// <summary>REST of TensorFlow Serving and of KServe v1, which have the same paths. A TensorFlow label is an alias.</summary>
internal static class TensorFlowEndpoints
{
    private const string DefaultSignature = "serving_default";

    public static void MapTensorFlowRest(this IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup("/v1/models").WithTags("TensorFlow Serving and KServe v1");
        v1.MapGet("/", (ServedModels served) => Results.Json(new { models = served.Names })).WithSummary("Names of the models");
        v1.MapGet("/{model}", StatusAsync).WithSummary("Versions and whether they can be asked");
        v1.MapGet("/{model}/versions/{version}", StatusAsync).WithSummary("Whether the version can be asked");
        v1.MapGet("/{model}/labels/{version}", StatusAsync).WithSummary("Whether the version of an alias can be asked");
        v1.MapPost("/{model}:predict", PredictAsync).WithSummary("Run the model on rows (instances) or columns (inputs)");
        v1.MapPost("/{model}/versions/{version}:predict", PredictAsync).WithSummary("Run the version");
        v1.MapPost("/{model}/labels/{version}:predict", PredictAsync).WithSummary("Run the version of an alias");
    }

    private static async Task<IResult> StatusAsync(InferenceEngine engine, ModelDescriptions descriptions, string model, string? version, CancellationToken cancellationToken)
    {
        using var lease = await engine.LeaseAsync(model, version ?? "", cancellationToken);
        var versions = version is null ? descriptions.VersionsOf(model) : [lease.Model.Version.ToString(CultureInfo.InvariantCulture)];
        return Results.Json(new
        {
            name = model,
            ready = true,
            model_version_status = versions.Select(loaded => new { version = loaded, state = "AVAILABLE", status = new { error_code = "OK", error_message = "" } }),
        });
    }

    private static async Task PredictAsync(HttpContext context, InferenceEngine engine, IOptions<OpenInferenceOptions> options, string model, string? version)
    {
        using var body = await RestBody.ReadAsync(context, options.Value.MaxRequestBytes);
        using var lease = await engine.LeaseAsync(model, context.VersionOf(version), context.RequestAborted);
        var (tensors, isRows) = Read(lease.Model, body.Written, options.Value.MaxJsonDepth);

        var answer = await engine.InferAsync(lease.Model, new InferCall(tensors, []), context.RequestAborted);

        using var json = new PooledBuffer(1_024);
        await using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WritePropertyName(isRows ? "predictions"u8 : "outputs"u8);
            if (isRows)
            {
                PredictionJson.WriteRows(writer, answer);
            }
            else
            {
                PredictionJson.WriteColumns(writer, answer);
            }

            writer.WriteEndObject();
        }

        await RestBody.WriteJsonAsync(context, json.Written);
    }

    private static (List<Tensor> Tensors, bool IsRows) Read(LoadedModel model, ReadOnlyMemory<byte> body, int maxDepth)
    {
        try
        {
            return Read(model, body.Span, maxDepth);
        }
        catch (JsonException)
        {
            // Perhaps for numbers that are none; the second time it is what it is.
            return Read(model, BareNumbers.Quote(body.Span), maxDepth);
        }
    }

    private static (List<Tensor> Tensors, bool IsRows) Read(LoadedModel model, ReadOnlySpan<byte> body, int maxDepth)
    {
        var reader = new JsonObjectReader(body, maxDepth);
        Range? instances = null;
        Range? inputs = null;
        reader.BeginObject("the request");
        while (reader.NextProperty() is { } property)
        {
            switch (property)
            {
                case "instances":
                    instances = reader.Slice();
                    break;
                case "inputs":
                    inputs = reader.Slice();
                    break;
                case "signature_name" when reader.ReadString("signature_name") is not (DefaultSignature or "") and var signature:
                    throw InferenceException.Invalid($"Serving signature name: \"{signature}\" not found in signature def; there is only \"{DefaultSignature}\"");
                case "signature_name":
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.End();
        if (instances is null == inputs is null)
        {
            throw InferenceException.Invalid("the request must have exactly one of 'instances' (rows) and 'inputs' (columns)");
        }

        return instances is { } rows
            ? (PredictionJson.ReadRows(model, body[rows], maxDepth), true)
            : (PredictionJson.ReadColumns(model, body[inputs!.Value], maxDepth), false);
    }
}
