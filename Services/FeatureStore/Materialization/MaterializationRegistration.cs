using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.FeatureStore.Events;
using CloudNativeAi.ServiceDefaults.Grpc;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CloudNativeAi.FeatureStore.Materialization;

internal static class MaterializationRegistration
{
    public static void AddMaterialization(this IHostApplicationBuilder builder)
    {
        builder.Services.AddServiceClient<EventLog.EventLogClient>("ingestion");
        builder.Services.AddOptionsWithValidateOnStart<MaterializationOptions, MaterializationOptionsValidator>()
            .BindConfiguration(MaterializationOptions.Section);
        builder.Services.AddSingleton<FeatureStoreMetrics>();
        builder.Services.AddSingleton<EventLogReader>();
        builder.Services.AddSingleton<ViewMaterializations>();
        builder.Services.AddSingleton<MaterializationHistory>();
        builder.Services.AddSingleton<ProgressStore>();
        builder.Services.AddSingleton<ProgressBoard>();
        builder.Services.AddSingleton<WakeSignals>();
        builder.Services.AddSingleton<PositionWaiter>();
        builder.Services.AddSingleton<OnlineStoreRecovery>();
        builder.Services.AddSingleton<MaterializationLease>();
        builder.Services.AddHostedService<ChangeListener>();
        builder.Services.AddHostedService<MaterializationWorker>();
    }

    public static void MapMaterialization(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<MaterializationGrpcService>();
        routes.MapPost("/v1/online-store/rebuild", RebuildAsync).WithTags("Materialization").WithName("RebuildOnlineStore");
    }

    // 202: the views are filled in the background; POST /materialize-incremental waits for them.
    private static async Task<Accepted> RebuildAsync(OnlineStoreRecovery recovery, CancellationToken cancellationToken)
    {
        await recovery.RebuildAsync(cancellationToken);
        return TypedResults.Accepted((string?)null);
    }
}
