using System.Data.Common;
using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Modeling;
using CloudNativeAi.Training.Jobs;
using DuckDB.NET.Data;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Training.TrainingSets;

/// <summary>Reads the Parquet file of a training set.</summary>
internal static class TrainingSetReader
{
    private const int CheckEveryRows = 1_024;

    /// <exception cref="JobFailedException">The file is not what the feature store said it is.</exception>
    public static TrainingTable Read(TrainingSet set, string path, CancellationToken cancellationToken)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        var fileTypes = ReadFileTypes(connection, path);
        foreach (var required in new[] { TrainingTable.EventIdColumn, TrainingTable.EntityTimestampColumn, TrainingTable.LabelColumn })
        {
            if (set.Columns.All(column => column.Name != required))
            {
                throw new JobFailedException($"The training set {set.Digest} has no column '{required}'.");
            }
        }

        var columns = set.Columns.Select(column => new TrainingColumn(column.Name, ToModelType(column), (int)Math.Min(set.Rows, int.MaxValue))).ToList();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {string.Join(", ", columns.Select(column => ToSql(column, fileTypes)))} FROM read_parquet({Quote(path)})";
        using var reader = command.ExecuteReader();
        var rows = 0;
        while (reader.Read())
        {
            if (rows++ % CheckEveryRows == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            for (var index = 0; index < columns.Count; index++)
            {
                columns[index].Add(ReadValue(reader, index, columns[index].Type));
            }
        }

        return rows == set.Rows
            ? new TrainingTable(set, columns, rows)
            : throw new JobFailedException($"The training set {set.Digest} has {rows} rows instead of {set.Rows}.");
    }

    private static Dictionary<string, string> ReadFileTypes(DuckDBConnection connection, string path)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"DESCRIBE SELECT * FROM read_parquet({Quote(path)})";
        using var reader = command.ExecuteReader();
        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read())
        {
            types[reader.GetString(0)] = reader.GetString(1);
        }

        return types;
    }

    private static string ToSql(TrainingColumn column, Dictionary<string, string> fileTypes)
    {
        var name = $"\"{column.Name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        if (!fileTypes.TryGetValue(column.Name, out var fileType))
        {
            throw new JobFailedException($"The file of the training set has no column '{column.Name}'.");
        }

        return column.Type switch
        {
            ModelType.String => $"CAST({name} AS VARCHAR)",
            ModelType.Int64 => $"CAST({name} AS BIGINT)",
            ModelType.Double => $"CAST({name} AS DOUBLE)",
            ModelType.Bool => $"CAST({name} AS BOOLEAN)",
            // Instants are stored as Parquet timestamps or as plain microseconds.
            _ when fileType.StartsWith("TIMESTAMP", StringComparison.Ordinal) => $"epoch_us({name})",
            _ => $"CAST({name} AS BIGINT)",
        };
    }

    private static ModelValue ReadValue(DbDataReader reader, int index, ModelType type)
    {
        if (reader.IsDBNull(index))
        {
            return default;
        }

        return type switch
        {
            ModelType.String => ModelValue.Of(reader.GetString(index)),
            ModelType.Int64 => ModelValue.Of(reader.GetInt64(index)),
            ModelType.Double => ModelValue.Of(reader.GetDouble(index)),
            ModelType.Bool => ModelValue.Of(reader.GetBoolean(index)),
            _ => ModelValue.Timestamp(reader.GetInt64(index)),
        };
    }

    private static ModelType ToModelType(Field column) => column.Type switch
    {
        ValueType.String or ValueType.Int64 or ValueType.Double or ValueType.Bool or ValueType.Timestamp => (ModelType)(int)column.Type,
        _ => throw new JobFailedException($"The column '{column.Name}' of the training set has no type."),
    };

    private static string Quote(string path) => $"'{path.Replace("'", "''", StringComparison.Ordinal)}'";
}
