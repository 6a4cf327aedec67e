using DuckDB.NET.Data;

namespace CloudNativeAi.FeatureStore.OfflineStore.Parquet;

/// <summary>
/// One in-memory DuckDB for the process: it writes, reads and joins Parquet. Each operation has a connection of its own; temporary
/// tables belong to a connection. Calls block, so they run on the thread pool; cancelling interrupts DuckDB.
/// </summary>
internal sealed class DuckDb : IDisposable
{
    private readonly DuckDBConnection _root;

    /// <param name="memoryLimitBytes">Of DuckDB's buffers; what exceeds it is spilled to <paramref name="temporaryDirectory"/>.</param>
    public DuckDb(int threads, long memoryLimitBytes, string temporaryDirectory)
    {
        Directory.CreateDirectory(temporaryDirectory);
        _root = new DuckDBConnection("DataSource=:memory:");
        _root.Open();
        using var command = _root.CreateCommand();
        command.CommandText =
            $"""
            SET autoinstall_known_extensions = false;
            SET autoload_known_extensions = false;
            SET threads = {Sql.Number(threads)};
            SET memory_limit = '{Sql.Number(memoryLimitBytes)}B';
            SET temp_directory = {Sql.Text(temporaryDirectory)};
            SET TimeZone = 'UTC';
            """;
        command.ExecuteNonQuery();
    }

    public DuckDBConnection Connect()
    {
        var connection = _root.Duplicate();
        connection.Open();
        return connection;
    }

    /// <summary>Runs a piece of blocking work on a connection of its own.</summary>
    public Task<T> RunAsync<T>(Func<DuckDBConnection, T> work, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            using var connection = Connect();
            return work(connection);
        },
        cancellationToken);

    public Task RunAsync(Action<DuckDBConnection> work, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            using var connection = Connect();
            work(connection);
        },
        cancellationToken);

    public Task ExecuteAsync(string sql, CancellationToken cancellationToken) =>
        RunAsync(connection => connection.Execute(sql, cancellationToken), cancellationToken);

    public Task QueryAsync(string sql, Action<DuckDBDataReader> row, CancellationToken cancellationToken) =>
        RunAsync(connection => connection.Query(sql, row, cancellationToken), cancellationToken);

    public void Dispose() => _root.Dispose();
}
