using CloudNativeAi.FeatureStore.OfflineStore.Parquet;

namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>
/// The point-in-time join of a latest-value view: for each row the greatest (event timestamp, created, position) among the key's
/// events that were known at the entity timestamp, by DuckDB's ASOF JOIN.
/// </summary>
/// <remarks>
/// An ASOF join finds the greatest key at or below an instant, so the key must order events by when they became known and the last
/// known event must be the newest one. Backfilled: known is event timestamp plus a constant, so (known, created, position) orders
/// events as wanted. Live: an event can become known after a newer one. Such an event is never the newest, so only events at or
/// above the running maximum of event timestamps are kept; among those the last known is the newest, ties included.
/// </remarks>
internal static class LatestViewJoin
{
    private const string Last = "9223372036854775807";

    /// <summary>A table (row_index, event_timestamp, v0, v1, ...): one row for each row, event_timestamp null where there is no event.</summary>
    /// <param name="fewRows">The rows are few beside the source: reduce the source to their keys first.</param>
    /// <param name="withOutdated">Also give events older than the time to live; the caller tests it.</param>
    public static async Task<string> SqlAsync(
        JoinWorkspace workspace, ViewJoin join, bool fewRows, bool withOutdated, CancellationToken cancellationToken)
    {
        var view = join.View;
        var keys = view.JoinKeys.Select(key => join.FieldColumn(key.SourceField)).ToArray();
        var ttl = Sql.Number(view.TtlMicros);
        var rows = workspace.Rows;

        List<string> conditions = [.. keys.Select(key => $"{key} IS NOT NULL"), $"{join.KnownSql} <= (SELECT max(entity_timestamp) FROM {rows})"];
        if (fewRows)
        {
            conditions.Add($"({string.Join(", ", keys)}) IN (SELECT ({string.Join(", ", join.KeyColumns)}) FROM {rows})");
        }

        if (view.TtlMicros > 0 && !withOutdated)
        {
            conditions.Add($"event_timestamp >= (SELECT min(entity_timestamp) FROM {rows}) - {ttl}");
        }

        var newest = join.Schema.Backfilled
            ? ""
            : $"""
               QUALIFY event_timestamp = max(event_timestamp) OVER (
                   PARTITION BY {string.Join(", ", keys)} ORDER BY {join.KnownSql}, created_timestamp, position
                   ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
               """;
        var values = view.Latest.Select((feature, index) => $"{Normal(join.FieldColumn(feature.Field), feature.Type)} AS v{index}");
        var usable = view.TtlMicros > 0 && !withOutdated
            ? view.Latest.Select((_, index) => $"CASE WHEN e.ts >= r.entity_timestamp - {ttl} THEN e.v{index} END AS v{index}")
            : view.Latest.Select((_, index) => $"e.v{index}");

        return
            $$"""
            SELECT r.row_index, e.ts AS event_timestamp, {{string.Join(", ", usable)}}
            FROM (
                SELECT row_index, entity_timestamp, {{string.Join(", ", join.KeyColumns.Distinct())}},
                    {'known': entity_timestamp, 'created': {{Last}}, 'position': {{Last}}} AS at
                FROM {{rows}}
            ) r
            ASOF LEFT JOIN (
                SELECT {{string.Join(", ", keys.Select((key, index) => $"{key} AS key{index}"))}}, event_timestamp AS ts,
                    {'known': {{join.KnownSql}}, 'created': created_timestamp, 'position': position} AS at,
                    {{string.Join(", ", values)}}
                FROM ({{await join.Source.Reader.ToSqlAsync(cancellationToken)}})
                WHERE {{string.Join(" AND ", conditions)}}
                {{newest}}
            ) e
            ON {{string.Join(" AND ", join.KeyColumns.Select((column, index) => $"r.{column} = e.key{index}"))}} AND r.at >= e.at
            """;
    }

    // As the online store has it: -0.0 is 0.0.
    private static string Normal(string column, ValueType type) =>
        type == ValueType.Double ? $"CASE WHEN {column} = 0 THEN 0.0 ELSE {column} END" : column;
}
