using System.Reflection;
using DbUp;
using DbUp.Engine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CloudNativeAi.ServiceDefaults.Stores;

public static class MigrationRegistration
{
    /// <summary>
    /// Runs the SQL files embedded in <typeparamref name="TService"/>'s assembly (<c>Migrations/*.sql</c>, in name order, each once,
    /// each in a transaction) before any other hosted service starts, under an advisory lock, so that replicas can start together.
    /// </summary>
    public static void AddMigrations<TService>(this IHostApplicationBuilder builder, string connectionName)
    {
        builder.Services.AddSingleton(services => new MigrationService(
            typeof(TService).Assembly,
            builder.Configuration.GetConnectionString(connectionName)
                ?? throw new InvalidOperationException($"There is no connection string '{connectionName}'."),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<MigrationService>>()));
        builder.Services.AddHostedService(services => services.GetRequiredService<MigrationService>());
    }

    /// <summary>Runs the service until it is stopped. With <c>Migrations:Only</c> it brings its database up to date, and that is all.</summary>
    public static async Task RunOrMigrateAsync(this IHost service)
    {
        if (service.Services.GetRequiredService<IConfiguration>().GetValue<bool>("Migrations:Only"))
        {
            await service.Services.GetRequiredService<MigrationService>().StartingAsync(CancellationToken.None);
            return;
        }

        await service.RunAsync();
    }
}

internal sealed partial class MigrationService(
    Assembly assembly, string connectionString, TimeProvider timeProvider, ILogger<MigrationService> logger) : IHostedLifecycleService
{
    // Any fixed number; one database has one owner, so one lock a database is enough.
    private const long AdvisoryLock = 0x434E_4149;
    private static readonly TimeSpan RetryFor = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        while (true)
        {
            try
            {
                await MigrateAsync(cancellationToken);
                return;
            }
            catch (NpgsqlException exception) when (
                exception is not PostgresException { IsTransient: false } && timeProvider.GetElapsedTime(started) < RetryFor)
            {
                LogWaiting(exception.Message);
                await Task.Delay(RetryDelay, timeProvider, cancellationToken);
            }
        }
    }

    private async Task MigrateAsync(CancellationToken cancellationToken)
    {
        // Not pooled: a pooled connection would keep the lock while it waits to be used again, and the next replica could not start.
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);

        await using (var take = new NpgsqlCommand($"SELECT pg_advisory_lock({AdvisoryLock})", connection))
        {
            await take.ExecuteNonQueryAsync(cancellationToken);
        }

        var upgrade = DeployChanges.To
            .PostgresqlDatabase(connectionString)
            .WithScriptsEmbeddedInAssembly(assembly, name => name.Contains(".Migrations.", StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal))
            .WithTransactionPerScript()
            .LogToNowhere()
            .Build();

        // DbUp has no asynchronous form. The lock goes with the connection.
        DatabaseUpgradeResult result = await Task.Run(upgrade.PerformUpgrade, cancellationToken);
        if (!result.Successful)
        {
            throw new InvalidOperationException($"Migration '{result.ErrorScript?.Name}' failed: {result.Error.Message}", result.Error);
        }

        LogMigrated(result.Scripts.Count());
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(LogLevel.Information, "The database is up to date, {Count} migrations applied")]
    private partial void LogMigrated(int count);

    [LoggerMessage(LogLevel.Warning, "Waiting for the database: {Reason}")]
    private partial void LogWaiting(string reason);
}
