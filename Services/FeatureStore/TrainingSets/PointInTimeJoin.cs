using CloudNativeAi.FeatureStore.OfflineStore.Parquet;
using CloudNativeAi.FeatureStore.Transformations;
using DuckDB.NET.Data;

namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>
/// Joins views to the rows of a workspace as of each row's entity timestamp: an event is used if it was known by then. Views are
/// joined one beside the other, each with connections of its own.
/// </summary>
internal sealed class PointInTimeJoin(JoinWorkspace workspace, IReadOnlyList<ViewJoin> joins, int parallelism)
{
    /// <summary>Joins every view into a table (row_index, v0, v1, ...) and gives the tables, one for each view.</summary>
    /// <param name="viewDone">Called with a view's name and how many are done, one call at a time, in the order of that number.</param>
    public async Task<IReadOnlyList<string>> ToTablesAsync(Action<string, int> viewDone, CancellationToken cancellationToken)
    {
        var tables = joins.Select((_, index) => $"view{index}").ToArray();
        var (done, gate) = (0, new Lock());
        await ForEachViewAsync(
            async (join, index, token) =>
            {
                if (join.View.IsWindowed)
                {
                    var source = await join.Source.Reader.ToSqlAsync(token);
                    await workspace.DuckDb.RunAsync(connection => AppendWindows(connection, join, index, tables[index], source, token), token);
                }
                else
                {
                    var sql = await LatestViewJoin.SqlAsync(workspace, join, fewRows: false, withOutdated: false, token);
                    await workspace.DuckDb.ExecuteAsync($"CREATE TABLE {workspace.Table(tables[index])} AS {sql}", token);
                }

                lock (gate)
                {
                    viewDone(join.View.Name, ++done);
                }
            },
            cancellationToken);
        return [.. tables.Select(workspace.Table)];
    }

    /// <summary>Joins few rows; gives the values of each view with their statuses, time to live applied: [view][row][feature].</summary>
    public async Task<FeatureValue[][][]> ToValuesAsync(IReadOnlyList<long> entityTimestamps, CancellationToken cancellationToken)
    {
        var results = joins.Select(_ => new FeatureValue[entityTimestamps.Count][]).ToArray();
        await ForEachViewAsync(
            async (join, index, token) =>
            {
                var rows = results[index];
                if (join.View.IsWindowed)
                {
                    var source = await join.Source.Reader.ToSqlAsync(token);
                    await Task.Run(() => new WindowedViewJoin(workspace, join, index).Run(source, (row, values) => rows[row] = values.ToArray(), token), token);
                }
                else
                {
                    var sql = await LatestViewJoin.SqlAsync(workspace, join, fewRows: true, withOutdated: true, token);
                    await workspace.DuckDb.QueryAsync(sql, reader => ReadLatest(reader, join, entityTimestamps, rows), token);
                }
            },
            cancellationToken);
        return results;
    }

    private Task ForEachViewAsync(Func<ViewJoin, int, CancellationToken, Task> body, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        joins.Select((join, index) => (Join: join, Index: index)),
        new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellationToken },
        async (item, token) => await body(item.Join, item.Index, token));

    private void AppendWindows(DuckDBConnection connection, ViewJoin join, int index, string table, string source, CancellationToken cancellationToken)
    {
        var columns = join.View.Windowed.Select((feature, position) => $"v{position} {SqlTypes.Of(feature.Type)}");
        connection.Execute($"CREATE TABLE {workspace.Table(table)} (row_index BIGINT, {string.Join(", ", columns)})", cancellationToken);
        var (schema, name) = workspace.Appender(table);
        using var appender = connection.CreateAppender(schema, name);
        new WindowedViewJoin(workspace, join, index).Run(
            source,
            (rowIndex, values) =>
            {
                var row = appender.CreateRow();
                row.AppendValue((long?)rowIndex);
                foreach (ref readonly var value in values)
                {
                    row.Append(value);
                }

                row.EndRow();
            },
            cancellationToken);
    }

    private static void ReadLatest(DuckDBDataReader reader, ViewJoin join, IReadOnlyList<long> entityTimestamps, FeatureValue[][] rows)
    {
        var row = (int)reader.GetInt64(0);
        var features = join.View.Latest;
        var values = new FeatureValue[features.Count];
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = reader.IsDBNull(1)
                ? FeatureValue.NotFound(features[index].Type)
                : reader.ReadFeature(index + 2, features[index].Type, reader.GetInt64(1)).WithTtl(join.View.TtlMicros, entityTimestamps[row]);
        }

        rows[row] = values;
    }
}
