using CloudNativeAi.ServiceDefaults.Stores;

namespace CloudNativeAi.Ingestion.EventLog;

internal static class EventLogRegistration
{
    private const string Database = "ingestion";

    // No writer may hold a head or an event id for long: neither waiting behind another nor while its client is silent.
    private const string SessionOptions = "-c lock_timeout=15s -c idle_in_transaction_session_timeout=120s";

    public static void AddEventLog(this IHostApplicationBuilder builder)
    {
        builder.AddMigrations<Program>(Database);
        builder.AddNpgsqlDataSource(Database, configureDataSourceBuilder: dataSource =>
        {
            dataSource.ConnectionStringBuilder.Options = SessionOptions;
            dataSource.ConnectionStringBuilder.MaxAutoPrepare = 50;
            dataSource.ConnectionStringBuilder.AutoPrepareMinUsages = 3;
            dataSource.ConnectionStringBuilder.WriteBufferSize = 64 * 1024;
            dataSource.ConnectionStringBuilder.ReadBufferSize = 64 * 1024;
        });
        builder.Services.AddOptionsWithValidateOnStart<EventLogOptions, EventLogOptionsValidator>().BindConfiguration(EventLogOptions.Section);

        builder.Services.AddSingleton<IngestionMetrics>();
        builder.Services.AddSingleton<Partitions>();
        builder.Services.AddSingleton<BatchNumbers>();
        builder.Services.AddSingleton<HeadSignals>();
        builder.Services.AddSingleton<EventLogWriter>();
        builder.Services.AddSingleton<EventLogReader>();
        builder.Services.AddSingleton<ReaderSlots>();
        builder.Services.AddSingleton<PartitionWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<PartitionWorker>());
        builder.Services.AddHostedService<HeadNotifier>();
        builder.Services.AddHostedService<HeadListener>();
    }

    public static void MapEventLog(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<EventLogGrpcService>();
        routes.MapGet("/v1/sources/{source}/events", EventLogEndpoints.ReadAsync).WithTags("Events").WithName("ReadEvents");
    }
}
