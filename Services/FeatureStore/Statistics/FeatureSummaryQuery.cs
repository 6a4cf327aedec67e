using CloudNativeAi.FeatureStore.OfflineStore.Parquet;
using DuckDB.NET.Data;

namespace CloudNativeAi.FeatureStore.Statistics;

/// <summary>Sums up one column of a joined table; blocks.</summary>
internal sealed class FeatureSummaryQuery(DuckDBConnection connection, string table, string column, ValueType type)
{
    private static readonly double[] Shares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

    private bool IsNumber => type is ValueType.Double or ValueType.Int64;

    public FeatureSummary Run(string name, long asOfMicros, long newestEvent, int bins, int topValues, CancellationToken cancellationToken)
    {
        var (rows, values, distinct) = (0L, 0L, 0L);
        connection.Query(
            $"SELECT count(*), count({column}), count(DISTINCT {column}) FROM {table}",
            reader => (rows, values, distinct) = (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)),
            cancellationToken);

        return new FeatureSummary(
            name, type, values, rows - values, rows == 0 ? 0 : (double)(rows - values) / rows, distinct, newestEvent,
            newestEvent == 0 ? 0 : (asOfMicros - newestEvent) / 1e6,
            IsNumber ? Numbers(bins, cancellationToken) : null,
            TopValues(topValues, cancellationToken));
    }

    private NumberSummary? Numbers(int bins, CancellationToken cancellationToken)
    {
        double[]? moments = null;
        QuantileSummary[] quantiles = [];
        connection.Query(
            $"""
            SELECT min(v), max(v), avg(v), coalesce(stddev_samp(v), 0), {string.Join(", ", Shares.Select(share => FormattableString.Invariant($"quantile_disc(v, {share})")))}
            FROM {Finite} HAVING count(*) > 0
            """,
            reader =>
            {
                moments = [.. Enumerable.Range(0, 4).Select(reader.GetDouble)];
                quantiles = [.. Shares.Select((share, index) => new QuantileSummary(share, reader.GetDouble(4 + index)))];
            },
            cancellationToken);
        if (moments is not [var minimum, var maximum, var mean, var deviation])
        {
            return null;
        }

        var edges = Edges(minimum, maximum, bins);
        var counts = new long[edges.Length - 1];
        connection.Query(
            $"SELECT {Bin(edges)} AS bin, count(*) FROM {Finite} GROUP BY bin", reader => counts[reader.GetInt32(0)] = reader.GetInt64(1), cancellationToken);
        return new NumberSummary(minimum, maximum, mean, deviation, quantiles, edges, counts);
    }

    private List<ValueSummary> TopValues(int count, CancellationToken cancellationToken)
    {
        var values = new List<ValueSummary>();
        connection.Query(
            $"SELECT {column} AS v, count(*) AS n FROM {table} WHERE {column} IS NOT NULL{(type == ValueType.Double ? $" AND isfinite({column})" : "")} GROUP BY v ORDER BY n DESC, v LIMIT {Sql.Number(count)}",
            reader => values.Add(new ValueSummary(reader.GetValue(0), reader.GetInt64(1))),
            cancellationToken);
        return values;
    }

    // Numbers, infinities and NaN apart, as column v.
    private string Finite => $"(SELECT {column}::DOUBLE AS v FROM {table} WHERE {column} IS NOT NULL AND isfinite({column}::DOUBLE))";

    private static double[] Edges(double minimum, double maximum, int bins)
    {
        // Halves, so that a range of the whole double type does not overflow.
        var width = (maximum / bins) - (minimum / bins);
        return width > 0 && double.IsFinite(width)
            ? [.. Enumerable.Range(0, bins).Select(bin => minimum + (bin * width)), maximum]
            : [minimum, maximum];
    }

    // A look-up in the edges themselves: then a value on an edge is in the bin that the edges say.
    private static string Bin(double[] edges) =>
        $"CAST(greatest(0, least({Sql.Number(edges.Length - 2)}, len(list_filter([{string.Join(", ", edges.Select(edge => edge.ToString("R", System.Globalization.CultureInfo.InvariantCulture) + "::DOUBLE"))}], lambda edge: edge <= v)) - 1)) AS INTEGER)";
}
