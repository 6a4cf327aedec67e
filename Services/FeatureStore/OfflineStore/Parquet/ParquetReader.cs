using CloudNativeAi.FeatureStore.OfflineStore.Delta;

namespace CloudNativeAi.FeatureStore.OfflineStore.Parquet;

/// <summary>Reads Delta data files with DuckDB, with the table's schema: a column that a file lacks is null.</summary>
internal static class ParquetReader
{
    /// <summary>A table expression over one or more files.</summary>
    public static string Read(IEnumerable<string> localPaths, DeltaSchema schema)
    {
        var map = schema.Columns.Select(column =>
            $"{Sql.Text(column.Name)}: {{name: {Sql.Text(column.Name)}, type: '{ParquetWriter.SqlType(column.Type)}', default_value: NULL}}");
        return $"read_parquet([{string.Join(", ", localPaths.Select(Sql.Text))}], schema = MAP {{{string.Join(", ", map)}}})";
    }
}
