using CloudNativeAi.FeatureStore.Events;
using CloudNativeAi.FeatureStore.OfflineStore.Delta;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;
using DuckDB.NET.Data;

namespace CloudNativeAi.FeatureStore.OfflineStore.SourceTables;

/// <summary>Events into a temporary DuckDB table, and the query that gives them as the columns of a source's table.</summary>
internal static class EventColumnsAppender
{
    private const string Table = "batch";

    /// <summary>Appends the events from <paramref name="firstRow"/> on; returns the query. The table lives as long as the connection.</summary>
    public static string Append(DuckDBConnection connection, DeltaSchema schema, EventColumns events, int firstRow, CancellationToken cancellationToken)
    {
        // Instants pass through as numbers: the appender's own conversion of DateTime would cut them.
        var columns = schema.Columns.Select(column => $"{Sql.Name(column.Name)} {(column.Type == "timestamp" ? "BIGINT" : ParquetWriter.SqlType(column.Type))}");
        connection.Execute($"CREATE TEMP TABLE {Table} ({string.Join(", ", columns)})", cancellationToken);
        using (var appender = connection.CreateAppender(Table))
        {
            for (var row = firstRow; row < events.Count; row++)
            {
                var target = appender.CreateRow();
                target.AppendValue(events.EventIds[row]);
                target.AppendValue((long?)events.EventTimestamps[row]);
                target.AppendValue((long?)events.CreatedTimestamps[row]);
                target.AppendValue((long?)events.Positions[row]);
                foreach (var field in events.Fields)
                {
                    AppendField(target, field, row);
                }

                target.EndRow();
            }
        }

        var selected = schema.Columns.Select(column =>
            column.Type == "timestamp" ? $"make_timestamptz({Sql.Name(column.Name)}) AS {Sql.Name(column.Name)}" : Sql.Name(column.Name));
        return $"SELECT {string.Join(", ", selected)} FROM {Table} ORDER BY {SourceTableSchema.Position}";
    }

    /// <summary>Appends one value; instants as microseconds.</summary>
    public static void AppendField(IDuckDBAppenderRow target, EventColumn field, int row)
    {
        if (field.IsNull[row])
        {
            target.AppendNullValue();
            return;
        }

        switch (field.Type)
        {
            case ValueType.String:
                target.AppendValue(field.Strings[row]);
                break;
            case ValueType.Double:
                target.AppendValue((double?)field.Doubles[row]);
                break;
            case ValueType.Bool:
                target.AppendValue((bool?)field.Bools[row]);
                break;
            default:
                target.AppendValue((long?)field.Int64s[row]);
                break;
        }
    }
}
