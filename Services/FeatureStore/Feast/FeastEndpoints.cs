using System.Text.Json;
using CloudNativeAi.FeatureStore.Retrieval;

namespace CloudNativeAi.FeatureStore.Feast;

/// <summary>Feast's HTTP feature server: its clients read and push here as they are. <c>GET /health</c> is that of every service.</summary>
internal static class FeastEndpoints
{
    private static readonly JsonSerializerOptions NullsAreRefused = new() { RespectNullableAnnotations = true };

    public static void MapFeast(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<FeastServingGrpcService>();

        // Made here so that its gauge is there from the first scrape on.
        var metrics = routes.ServiceProvider.GetRequiredService<FeastMetrics>();
        var feast = routes.MapGroup("").WithTags("Feast");
        Map<FeastRequest>("/get-online-features", "GetOnlineFeatures", GetOnlineFeaturesAsync);
        Map<FeastPushRequest>("/push", "Push", PushAsync);
        Map<FeastWriteRequest>("/write-to-online-store", "WriteToOnlineStore", WriteToOnlineStoreAsync);
        Map<FeastMaterializeRequest>("/materialize", "Materialize", MaterializeAsync);
        Map<FeastMaterializeRequest>("/materialize-incremental", "MaterializeIncremental", MaterializeIncrementalAsync);

        void Map<TBody>(string path, string name, Delegate handler)
            where TBody : notnull => feast.MapPost(path, handler)
                .WithName(name)
                .Accepts<TBody>(FeastErrors.JsonType)
                .AddEndpointFilter((context, next) => FeastRequests.RecordAsync(metrics, path, context, next))
                .AddEndpointFilter(FeastErrors.TranslateAsync);
    }

    private static async Task<IResult> GetOnlineFeaturesAsync(HttpRequest http, OnlineFeatures features, CancellationToken cancellationToken)
    {
        var request = await ReadAsync<FeastRequest>(http, cancellationToken);
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

        var table = await features.GetAsync(wanted, rows, request.AsOf is { } asOf ? Micros.Of(asOf) : null, cancellationToken);
        return Results.Bytes(FeastResponse.Write(request.Entities, names, table), FeastErrors.JsonType);
    }

    /// <summary>200 when the pushed rows can be read online; 202 when they are durable and on their way.</summary>
    private static async Task<IResult> PushAsync(HttpRequest http, FeastPush push, CancellationToken cancellationToken) =>
        await push.PushAsync(await ReadAsync<FeastPushRequest>(http, cancellationToken), cancellationToken)
            ? Results.Ok()
            : Accepted();

    /// <summary>200 when the rows can be read online; 202 when they are durable and on their way.</summary>
    private static async Task<IResult> WriteToOnlineStoreAsync(HttpRequest http, FeastOnlineWrite write, CancellationToken cancellationToken) =>
        await write.WriteAsync(await ReadAsync<FeastWriteRequest>(http, cancellationToken), cancellationToken)
            ? Null()
            : Accepted();

    private static async Task<IResult> MaterializeAsync(
        HttpRequest http, FeastMaterialization materialization, bool? async, bool? force, CancellationToken cancellationToken)
    {
        var request = await ReadAsync<FeastMaterializeRequest>(http, cancellationToken);
        FeastMaterialization.CheckRange(request, startIsNeeded: true);
        return await AnswerAsync(materialization, request, async, force, cancellationToken);
    }

    private static async Task<IResult> MaterializeIncrementalAsync(
        HttpRequest http, FeastMaterialization materialization, bool? async, bool? force, CancellationToken cancellationToken)
    {
        var request = await ReadAsync<FeastMaterializeRequest>(http, cancellationToken);
        FeastMaterialization.CheckRange(request, startIsNeeded: false);
        return await AnswerAsync(materialization, request, async, force, cancellationToken);
    }

    private static async Task<IResult> AnswerAsync(
        FeastMaterialization materialization, FeastMaterializeRequest request, bool? async, bool? force, CancellationToken cancellationToken)
    {
        var views = materialization.Find(request.FeatureViews, isForced: force ?? false);
        if (async ?? false)
        {
            return Results.Json(new { status = "accepted", feature_views = views.Select(view => view.Name) }, statusCode: StatusCodes.Status202Accepted);
        }

        await materialization.WaitAsync(views, cancellationToken);
        return Null();
    }

    // What Python's None is.
    private static IResult Null() => Results.Text("null", FeastErrors.JsonType);

    private static IResult Accepted() => Results.Json(new { status = "accepted" }, statusCode: StatusCodes.Status202Accepted);

    private static async Task<T> ReadAsync<T>(HttpRequest http, CancellationToken cancellationToken) =>
        await JsonSerializer.DeserializeAsync<T>(http.Body, NullsAreRefused, cancellationToken) ?? throw new JsonException("the body is null");
}
