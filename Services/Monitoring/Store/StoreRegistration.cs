using CloudNativeAi.ServiceDefaults.Stores;

namespace CloudNativeAi.Monitoring.Store;

internal static class StoreRegistration
{
    private const string ConnectionName = "monitoring";

    public static void AddStore(this IHostApplicationBuilder builder)
    {
        // Not resetting a returned connection keeps its staging tables, which would otherwise be made anew for every call.
        builder.AddNpgsqlDataSource(
            ConnectionName,
            configureDataSourceBuilder: dataSource =>
            {
                dataSource.ConnectionStringBuilder.NoResetOnClose = true;
                dataSource.ConnectionStringBuilder.Options = "-c client_min_messages=warning";
            });
        builder.AddMigrations<Program>(ConnectionName);
    }
}
