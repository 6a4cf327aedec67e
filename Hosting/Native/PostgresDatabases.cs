using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Aspire.Hosting.Native;

/// <summary>Creates the databases that the application declares and the server does not have.</summary>
internal static class PostgresDatabases
{
    public static async Task CreateMissingAsync(PostgresServerResource server, ResourceLoggerService loggers, CancellationToken cancellationToken)
    {
        if (server.DatabaseResources.Count == 0)
        {
            return;
        }

        var builder = new NpgsqlConnectionStringBuilder(await server.ConnectionStringExpression.GetValueAsync(cancellationToken)) { Database = "postgres", Pooling = false };
        await using var connection = new NpgsqlConnection(builder.ConnectionString);
        await connection.OpenAsync(cancellationToken);

        foreach (var database in server.DatabaseResources)
        {
            await using var exists = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = @name", connection) { Parameters = { new("name", database.DatabaseName) } };
            if (await exists.ExecuteScalarAsync(cancellationToken) is not null)
            {
                continue;
            }

            var script = database.CreationScript ?? $"CREATE DATABASE {Quote(database.DatabaseName)}";
            await using var create = new NpgsqlCommand(script, connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
            loggers.GetLogger(database).LogInformation("Created the database '{Database}'", database.DatabaseName);
        }
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
