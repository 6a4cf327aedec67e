using DuckDB.NET.Data;

namespace CloudNativeAi.FeatureStore.OfflineStore.Parquet;

/// <summary>Blocking commands that end at once when their token is cancelled (DuckDB.NET ignores CommandTimeout, but Cancel works).</summary>
internal static class DuckDbCommands
{
    public static void Execute(this DuckDBConnection connection, string sql, CancellationToken cancellationToken)
    {
        using var command = Command(connection, sql);
        using var registration = cancellationToken.Register(command.Cancel);
        Guard(() => command.ExecuteNonQuery(), cancellationToken);
    }

    public static void Query(this DuckDBConnection connection, string sql, Action<DuckDBDataReader> row, CancellationToken cancellationToken)
    {
        using var command = Command(connection, sql);
        command.UseStreamingMode = true;
        using var registration = cancellationToken.Register(command.Cancel);
        Guard(
            () =>
            {
                using var reader = command.ExecuteReader();
                while (reader.Read())
                {
                    row(reader);
                }

                return 0;
            },
            cancellationToken);
    }

    public static DuckDBCommand Command(DuckDBConnection connection, string sql)
    {
        var command = connection.CreateCommand();
        // Built from quoted names only, see Sql.
        command.CommandText = sql;
        return command;
    }

    /// <summary>Runs something that DuckDB may interrupt: then it ends as cancelled.</summary>
    public static T Guard<T>(Func<T> run, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return run();
        }
        catch (DuckDBException exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The query was cancelled.", exception, cancellationToken);
        }
    }
}
