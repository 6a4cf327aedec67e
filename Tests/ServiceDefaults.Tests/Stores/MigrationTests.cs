using CloudNativeAi.ServiceDefaults.Stores;
using CloudNativeAi.TestSupport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CloudNativeAi.ServiceDefaults.Tests.Stores;

public sealed class MigrationTests(PostgresServer postgres)
{
    [Fact]
    public async Task Replicas_that_start_together_migrate_once()
    {
        var connectionString = await postgres.CreateDatabaseAsync();
        var replicas = Enumerable.Range(0, 5).Select(_ => CreateHost(connectionString)).ToList();

        await Task.WhenAll(replicas.Select(replica => replica.StartAsync(TestContext.Current.CancellationToken)));

        Assert.Equal(1L, await CountAsync(connectionString, "runs"));
        Assert.Equal(2L, await CountAsync(connectionString, "schemaversions"));
        foreach (var replica in replicas)
        {
            await replica.StopAsync(TestContext.Current.CancellationToken);
            replica.Dispose();
        }
    }

    [Fact]
    public async Task Later_start_finds_nothing_to_do()
    {
        var connectionString = await postgres.CreateDatabaseAsync();
        for (var start = 0; start < 2; start++)
        {
            using var host = CreateHost(connectionString);
            await host.StartAsync(TestContext.Current.CancellationToken);
            await host.StopAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(1L, await CountAsync(connectionString, "runs"));
    }

    [Fact]
    public async Task Missing_database_is_an_error_at_once()
    {
        var connectionString = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync()) { Database = "no_such_database" }.ConnectionString;
        using var host = CreateHost(connectionString);

        var exception = await Assert.ThrowsAsync<PostgresException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Equal(PostgresErrorCodes.InvalidCatalogName, exception.SqlState);
    }

    [Fact]
    public async Task Asked_only_to_migrate_the_service_does_so_and_starts_nothing()
    {
        var connectionString = await postgres.CreateDatabaseAsync();
        var started = false;
        using var host = CreateHost(connectionString, builder =>
        {
            builder.Configuration["Migrations:Only"] = "true";
            builder.Services.AddSingleton<IHostedService>(_ =>
            {
                started = true;
                throw new InvalidOperationException("Nothing else is to start.");
            });
        });

        await host.RunOrMigrateAsync();

        Assert.Equal(2L, await CountAsync(connectionString, "schemaversions"));
        Assert.False(started);
    }

    private static IHost CreateHost(string connectionString, Action<HostApplicationBuilder>? configure = null)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["ConnectionStrings:store"] = connectionString;
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddMigrations<MigrationTests>("store");
        configure?.Invoke(builder);
        return builder.Build();
    }

    private static async Task<object?> CountAsync(string connectionString, string table)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand($"SELECT count(*) FROM {table}");
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
