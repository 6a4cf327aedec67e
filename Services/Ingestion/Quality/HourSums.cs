using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Sources;
using Npgsql;
using NpgsqlTypes;

namespace CloudNativeAi.Ingestion.Quality;

/// <summary>Sums of some batches of one hour, which may be of several schema versions.</summary>
internal sealed class HourSums
{
    private readonly Dictionary<string, (long Nulls, double? Minimum, double? Maximum)> _fields = new(StringComparer.Ordinal);
    private long _events;
    private double _lagSum;
    private long _maxLag = long.MinValue;

    public void Add(SourceSchema schema, FieldStatistics statistics, long meanLag, long maxLag)
    {
        _events += statistics.Rows;
        _lagSum += (double)meanLag * statistics.Rows;
        _maxLag = Math.Max(_maxLag, maxLag);
        for (var field = 0; field < statistics.FieldCount; field++)
        {
            var name = schema.Fields[field].Name;
            var sum = _fields.GetValueOrDefault(name);
            _fields[name] = (
                sum.Nulls + statistics.Nulls(field),
                Pick(sum.Minimum, statistics.Minimum(field), Math.Min),
                Pick(sum.Maximum, statistics.Maximum(field), Math.Max));
        }
    }

    /// <summary>Adds them to the hour's row and its fields' rows.</summary>
    public async Task AddAsync(NpgsqlConnection connection, int sourceId, long startMicros, CancellationToken cancellationToken)
    {
        var fields = _fields.OrderBy(field => field.Key, StringComparer.Ordinal).ToArray();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("""
                    INSERT INTO quality_hours AS q (source_id, start_micros, events, lag_micros_sum, max_lag_micros) VALUES ($1, $2, $3, $4, $5)
                    ON CONFLICT (source_id, start_micros) DO UPDATE SET events = q.events + excluded.events,
                        lag_micros_sum = q.lag_micros_sum + excluded.lag_micros_sum, max_lag_micros = greatest(q.max_lag_micros, excluded.max_lag_micros)
                    """)
                {
                    Parameters = { new() { Value = sourceId }, new() { Value = startMicros }, new() { Value = _events }, new() { Value = _lagSum }, new() { Value = _maxLag } },
                },
                new NpgsqlBatchCommand("""
                    INSERT INTO quality_fields AS q (source_id, start_micros, field, nulls, minimum, maximum)
                    SELECT $1, $2, f.* FROM unnest($3, $4, $5, $6) AS f
                    ON CONFLICT (source_id, start_micros, field) DO UPDATE SET nulls = q.nulls + excluded.nulls,
                        minimum = least(q.minimum, excluded.minimum), maximum = greatest(q.maximum, excluded.maximum)
                    """)
                {
                    Parameters =
                    {
                        new() { Value = sourceId },
                        new() { Value = startMicros },
                        new() { Value = fields.Select(field => field.Key).ToArray() },
                        new() { Value = fields.Select(field => field.Value.Nulls).ToArray() },
                        new() { Value = fields.Select(field => field.Value.Minimum).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Double },
                        new() { Value = fields.Select(field => field.Value.Maximum).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Double },
                    },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static double? Pick(double? left, double? right, Func<double, double, double> pick) =>
        left is { } one && right is { } other ? pick(one, other) : left ?? right;
}
