using CloudNativeAi.FeatureStore.OfflineStore.Parquet;

namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>
/// The tables of one join, in a DuckDB schema of their own that goes when the join ends. Rows to be joined are in
/// <see cref="Rows"/>: row_index (0, 1, ...), entity_timestamp (microseconds) and the join keys k0, k1, ...
/// </summary>
internal sealed class JoinWorkspace : IAsyncDisposable
{
    private readonly string _schema = $"join_{Guid.NewGuid():N}";

    private JoinWorkspace(DuckDb duckDb) => DuckDb = duckDb;

    public DuckDb DuckDb { get; }

    public string Rows => Table("rows");

    public static async Task<JoinWorkspace> CreateAsync(DuckDb duckDb, CancellationToken cancellationToken)
    {
        var workspace = new JoinWorkspace(duckDb);
        await duckDb.ExecuteAsync($"CREATE SCHEMA {workspace._schema}", cancellationToken);
        return workspace;
    }

    /// <summary>A table of this workspace, for SQL.</summary>
    public string Table(string name) => $"{_schema}.{name}";

    /// <summary>Schema and table, for an appender.</summary>
    public (string Schema, string Table) Appender(string name) => (_schema, name);

    public async ValueTask DisposeAsync() => await DuckDb.ExecuteAsync($"DROP SCHEMA {_schema} CASCADE", CancellationToken.None);
}
