using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;
using CloudNativeAi.FeatureStore.TrainingSets;
using DuckDB.NET.Data;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.Statistics;

/// <summary>
/// Joins a view to all of its entities as of one instant, as a training set would, and sums the values up in DuckDB. Rows stream from
/// Parquet; one at a time, so that it never takes much of the machine from the joins of training sets.
/// </summary>
internal sealed class FeatureViewStatisticsQuery(
    DefinitionCatalog catalog,
    SourceTableStore sources,
    [FromKeyedServices(TrainingSetsRegistration.Joins)] DuckDb duckDb,
    IOptions<StatisticsOptions> options) : IDisposable
{
    private readonly SemaphoreSlim _oneAtATime = new(1);

    /// <summary>Null when there is no such view.</summary>
    public async Task<FeatureViewSummary?> RunAsync(string viewName, long asOfMicros, int bins, int topValues, CancellationToken cancellationToken)
    {
        var definitions = catalog.Current;
        if (definitions.Definitions.FindView(viewName) is not { } view)
        {
            return null;
        }

        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            var source = await sources.SnapshotAsync(definitions.Sources[view.Source], cancellationToken);
            var join = new ViewJoin(view, source, [.. view.JoinKeys.Select((_, index) => $"k{index}")]);
            var sourceSql = await source.Reader.ToSqlAsync(cancellationToken);
            await using var workspace = await JoinWorkspace.CreateAsync(duckDb, cancellationToken);
            var entities = await FillRowsAsync(workspace, join, sourceSql, asOfMicros, cancellationToken);
            var tables = await new PointInTimeJoin(workspace, [join], parallelism: 1).ToTablesAsync((_, _) => { }, cancellationToken);
            return await duckDb.RunAsync(
                connection =>
                {
                    var newest = Newest(connection, join, sourceSql, asOfMicros, cancellationToken);
                    var features = view.Features.Select((feature, index) => new FeatureSummaryQuery(connection, tables[0], $"v{index}", feature.Type)
                        .Run(feature.Name, asOfMicros, newest[index + 1], bins, topValues, cancellationToken)).ToList();
                    return new FeatureViewSummary(
                        view.Name, asOfMicros, source.LastPosition, entities, Math.Min(entities, options.Value.MaxEntities), newest[0], features);
                },
                cancellationToken);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public void Dispose() => _oneAtATime.Dispose();

    // Returns how many entities there are; the rows are those that are looked at.
    private async Task<long> FillRowsAsync(JoinWorkspace workspace, ViewJoin join, string sourceSql, long asOfMicros, CancellationToken cancellationToken)
    {
        var fields = join.View.JoinKeys.Select(key => join.FieldColumn(key.SourceField)).ToArray();
        var selected = string.Join(", ", fields.Select((field, index) => $"{field} AS k{index}"));
        var keys = string.Join(", ", join.KeyColumns);
        long entities = 0;
        await duckDb.ExecuteAsync(
            $"""
            CREATE TABLE {workspace.Table("entities")} AS
            SELECT DISTINCT {selected} FROM ({sourceSql})
            WHERE {string.Join(" AND ", fields.Select(field => $"{field} IS NOT NULL"))} AND {join.KnownSql} <= {Sql.Number(asOfMicros)};
            CREATE TABLE {workspace.Rows} AS
            SELECT row_number() OVER () - 1 AS row_index, {Sql.Number(asOfMicros)}::BIGINT AS entity_timestamp, {keys}
            FROM (SELECT {keys} FROM {workspace.Table("entities")} ORDER BY hash({keys}), {keys} LIMIT {Sql.Number(options.Value.MaxEntities)})
            """,
            cancellationToken);
        await duckDb.QueryAsync($"SELECT count(*) FROM {workspace.Table("entities")}", reader => entities = reader.GetInt64(0), cancellationToken);
        return entities;
    }

    // Of the view, then of each feature; 0 where there is none.
    private static long[] Newest(DuckDBConnection connection, ViewJoin join, string sourceSql, long asOfMicros, CancellationToken cancellationToken)
    {
        var fields = join.View.IsWindowed ? join.View.Windowed.Select(feature => feature.Field) : join.View.Latest.Select(feature => feature.Field);
        var columns = fields.Select(field => field is null
            ? ", coalesce(max(event_timestamp), 0)"
            : $", coalesce(max(event_timestamp) FILTER (WHERE {join.FieldColumn(field)} IS NOT NULL), 0)");
        var newest = new long[join.View.Features.Count + 1];
        connection.Query(
            $"""
            SELECT coalesce(max(event_timestamp), 0){string.Concat(columns)}
            FROM ({sourceSql}) WHERE event_timestamp <= {Sql.Number(asOfMicros)} AND {join.KnownSql} <= {Sql.Number(asOfMicros)}
            """,
            reader =>
            {
                for (var index = 0; index < newest.Length; index++)
                {
                    newest[index] = reader.GetInt64(index);
                }
            },
            cancellationToken);
        return newest;
    }
}
