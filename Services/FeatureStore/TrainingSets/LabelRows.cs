using CloudNativeAi.FeatureStore.Events;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;
using CloudNativeAi.Modeling;
using DuckDB.NET.Data;

namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>
/// The rows of a training set: one for each event of the label's source whose label is not null and known in time. The table of
/// the workspace has event_id, entity_timestamp, label_known, c0, c1, ... (join keys, then request fields), k0, k1, ... (the join
/// keys again, as the join wants them) and label; row_index follows (entity_timestamp, event_id).
/// </summary>
internal sealed class LabelRows(LabelPlan label, int joinKeys, TrainingSetRange range)
{
    private readonly ModelValue[] _values = new ModelValue[label.Source.Fields.Count];

    /// <summary>Returns the number of rows.</summary>
    public async Task<long> FillAsync(JoinWorkspace workspace, SourceTableReader reader, CancellationToken cancellationToken)
    {
        var columns = label.Columns.Select((column, index) => $"c{index} {SqlTypes.Of(column.Type)}");
        await workspace.DuckDb.ExecuteAsync(
            $"""
            CREATE TABLE {workspace.Table("labelled")}
                (event_id VARCHAR, entity_timestamp BIGINT, label_known BIGINT, position BIGINT, label DOUBLE, {string.Join(", ", columns)})
            """,
            cancellationToken);

        long rows = 0;
        using (var connection = workspace.DuckDb.Connect())
        {
            var (schema, table) = workspace.Appender("labelled");
            using var appender = connection.CreateAppender(schema, table);
            await foreach (var events in reader.ReadFieldsAsync(label.NeededFields, cancellationToken))
            {
                for (var row = 0; row < events.Count; row++)
                {
                    rows += Append(appender, events, row) ? 1 : 0;
                }
            }
        }

        var names = label.Columns.Select((_, index) => $"c{index}");
        var keys = Enumerable.Range(0, joinKeys).Select(index => $"c{index} AS k{index}");
        await workspace.DuckDb.ExecuteAsync(
            $"""
            CREATE TABLE {workspace.Rows} AS
            SELECT row_number() OVER (ORDER BY entity_timestamp, event_id, position) - 1 AS row_index, event_id, entity_timestamp, label_known, label,
                {string.Join(", ", names.Concat(keys))}
            FROM {workspace.Table("labelled")};
            DROP TABLE {workspace.Table("labelled")}
            """,
            cancellationToken);
        return rows;
    }

    private bool Append(DuckDBAppender appender, EventColumns events, int row)
    {
        var known = events.KnownMicros(row);
        if (range.LabelKnownUntilMicros != 0 && known > range.LabelKnownUntilMicros)
        {
            return false;
        }

        var entityTimestamp = Evaluate(label.EntityTimestamp, events, row);
        if (entityTimestamp.IsNull || entityTimestamp.AsTimestamp() < range.FromMicros || entityTimestamp.AsTimestamp() >= range.ToMicros)
        {
            return false;
        }

        var value = Evaluate(label.Value, events, row);
        if (value.IsNull)
        {
            return false;
        }

        var target = appender.CreateRow();
        target.AppendValue(events.EventIds[row]);
        target.AppendValue((long?)entityTimestamp.AsTimestamp());
        target.AppendValue((long?)known);
        target.AppendValue((long?)events.Positions[row]);
        target.AppendValue((double?)(value.Type == ModelType.Bool ? value.AsBool() ? 1 : 0 : value.AsNumber()));
        foreach (var column in label.Columns)
        {
            var field = events.Fields[column.Field];
            if (column.Type == ValueType.Double && field.Type == ValueType.Int64 && !field.IsNull[row])
            {
                target.AppendValue((double?)field.Int64s[row]);
            }
            else
            {
                EventColumnsAppender.AppendField(target, field, row);
            }
        }

        target.EndRow();
        return true;
    }

    private ModelValue Evaluate(Expression expression, EventColumns events, int row)
    {
        for (var index = 0; index < expression.Fields.Count; index++)
        {
            _values[index] = ValueAt(events.Fields[label.Source.IndexOf(expression.Fields[index])], row);
        }

        return expression.Evaluate(_values.AsSpan(0, expression.Fields.Count));
    }

    private static ModelValue ValueAt(EventColumn column, int row) => column.IsNull[row]
        ? ModelValue.Null
        : column.Type switch
        {
            ValueType.String => ModelValue.Of(column.Strings[row]),
            ValueType.Double => ModelValue.Of(column.Doubles[row]),
            ValueType.Bool => ModelValue.Of(column.Bools[row]),
            ValueType.Timestamp => ModelValue.Timestamp(column.Int64s[row]),
            _ => ModelValue.Of(column.Int64s[row]),
        };
}

/// <summary>Entity timestamps in [from, to); labels known after <paramref name="LabelKnownUntilMicros"/> are left out (0: none are).</summary>
internal readonly record struct TrainingSetRange(long FromMicros, long ToMicros, long LabelKnownUntilMicros);
