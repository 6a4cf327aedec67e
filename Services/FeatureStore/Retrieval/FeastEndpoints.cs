using System.Text.Json;

namespace CloudNativeAi.FeatureStore.Retrieval;

/// <summary>Feast's HTTP feature server: its clients read here as they are.</summary>
internal static class FeastEndpoints
{
    private const string JsonType = "application/json";

    private static readonly JsonSerializerOptions NullsAreRefused = new() { RespectNullableAnnotations = true };

    public static void MapRetrieval(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<FeatureRetrievalGrpcService>();
        routes.MapPost("/get-online-features", GetOnlineFeaturesAsync).WithName("GetOnlineFeatures").WithTags("Feast").Accepts<FeastRequest>(JsonType);
    }

    private static async Task<IResult> GetOnlineFeaturesAsync(HttpRequest http, OnlineFeatures features, CancellationToken cancellationToken)
    {
        FeastRequest request;
        try
        {
            request = await JsonSerializer.DeserializeAsync<FeastRequest>(http.Body, NullsAreRefused, cancellationToken)
                ?? throw new JsonException("the body is null");
        }
        catch (JsonException exception)
        {
            return MalformedBody(exception);
        }

        try
        {
            if (string.IsNullOrEmpty(request.FeatureService) == (request.Features is not { Count: > 0 }))
            {
                throw RetrievalException.Invalid("Give either 'feature_service' or 'features'.");
            }

            var wanted = request.FeatureService is { Length: > 0 } service ? features.FindService(service) : features.FindFeatures(request.Features!);
            var names = FeastResponse.NamesOf(wanted, request.FullFeatureNames);
            var rows = new EntityRows();
            foreach (var (joinKey, values) in request.Entities)
            {
                rows.Add(joinKey, new JsonKeyValues(values ?? throw RetrievalException.Invalid($"The join key '{joinKey}' is null; it must be a list.")));
            }

            var table = await features.GetAsync(
                wanted, rows, request.AsOf is { } asOf ? Micros.Of(asOf) : null, cancellationToken);
            return Results.Bytes(FeastResponse.Write(request.Entities, names, table), JsonType);
        }
        catch (RetrievalException exception)
        {
            return Fault(exception);
        }
    }

    // Feast's error envelope: a JSON string that holds JSON. Its clients raise the class named there.
    private static IResult Fault(RetrievalException exception)
    {
        var envelope = JsonSerializer.Serialize(new { module = "feast.errors", @class = exception.FeastClass, message = exception.Message });
        return Results.Text(JsonSerializer.Serialize(envelope), JsonType, statusCode: exception.Fault switch
        {
            RetrievalFault.NotFound => StatusCodes.Status404NotFound,
            RetrievalFault.NotReady => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status400BadRequest,
        });
    }

    // As FastAPI says it.
    private static IResult MalformedBody(JsonException exception) => Results.Json(
        new { detail = new[] { new { loc = new[] { "body", exception.Path ?? "" }, msg = exception.Message, type = "value_error" } } },
        statusCode: StatusCodes.Status422UnprocessableEntity);
}
