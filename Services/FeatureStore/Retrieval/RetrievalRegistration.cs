namespace CloudNativeAi.FeatureStore.Retrieval;

internal static class RetrievalRegistration
{
    public static void AddRetrieval(this IHostApplicationBuilder builder) => builder.Services.AddSingleton<OnlineFeatures>();

    public static void MapRetrieval(this IEndpointRouteBuilder routes) => routes.MapGrpcService<FeatureRetrievalGrpcService>();
}
