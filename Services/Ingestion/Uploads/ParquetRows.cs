using System.Buffers;
using System.Data.Common;
using System.Text.Encodings.Web;
using System.Text.Json;
using CloudNativeAi.Ingestion.Sources;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Ingestion.Uploads;

internal enum ParquetKind
{
    Integer,
    Number,
    Real,
    Boolean,
    Text,
}

/// <summary>A column of a Parquet file: the field it is, and the SQL that brings its values into one of a few types.</summary>
/// <param name="Kind">Integer: long; Number: the digits of what is wider or decimal, as text; Real: double.</param>
internal sealed record ParquetColumn(SchemaField Field, ParquetKind Kind, string Sql)
{
    /// <param name="type">DuckDB's name of the column's type.</param>
    /// <returns>Null: a nested type, which no field has.</returns>
    public static ParquetColumn? From(SchemaField field, string type)
    {
        var column = $"\"{field.Name}\"";
        return type switch
        {
            _ when type.EndsWith(']') || type.StartsWith("STRUCT", StringComparison.Ordinal) || type.StartsWith("MAP", StringComparison.Ordinal) => null,
            "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "UTINYINT" or "USMALLINT" or "UINTEGER" => new(field, ParquetKind.Integer, $"{column}::BIGINT"),
            "UBIGINT" or "HUGEINT" or "UHUGEINT" => new(field, ParquetKind.Number, $"{column}::VARCHAR"),
            _ when type.StartsWith("DECIMAL", StringComparison.Ordinal) => new(field, ParquetKind.Number, $"{column}::VARCHAR"),
            "FLOAT" or "DOUBLE" => new(field, ParquetKind.Real, $"{column}::DOUBLE"),
            "BOOLEAN" => new(field, ParquetKind.Boolean, column),
            "DATE" or "TIMESTAMP" or "TIMESTAMP_S" or "TIMESTAMP_MS" or "TIMESTAMP_NS" when field.Type == ValueType.Timestamp =>
                new(field, ParquetKind.Integer, $"epoch_us({column}::TIMESTAMP)"),
            "TIMESTAMP WITH TIME ZONE" when field.Type == ValueType.Timestamp => new(field, ParquetKind.Integer, $"epoch_us({column})"),
            _ => new(field, ParquetKind.Text, $"{column}::VARCHAR"),
        };
    }
}

/// <summary>Turns rows of a Parquet file into the JSON rows of a source; a null is an absent field.</summary>
internal sealed class ParquetRows : IDisposable
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _row = new(1_024);
    private readonly Utf8JsonWriter _writer;
    private readonly ParquetColumn[] _columns;

    public ParquetRows(ParquetColumn[] columns)
    {
        _columns = columns;
        _writer = new Utf8JsonWriter(_row, WriterOptions);
    }

    /// <summary>Valid until the next call.</summary>
    public ReadOnlyMemory<byte> ToJson(DbDataReader reader)
    {
        _row.ResetWrittenCount();
        _writer.Reset(_row);
        _writer.WriteStartObject();
        for (var index = 0; index < _columns.Length; index++)
        {
            if (!reader.IsDBNull(index))
            {
                _writer.WritePropertyName(_columns[index].Field.Utf8Name);
                WriteValue(reader, index);
            }
        }

        _writer.WriteEndObject();
        _writer.Flush();
        return _row.WrittenMemory;
    }

    public void Dispose() => _writer.Dispose();

    private void WriteValue(DbDataReader reader, int index)
    {
        switch (_columns[index].Kind)
        {
            case ParquetKind.Integer:
                _writer.WriteNumberValue(reader.GetInt64(index));
                break;
            case ParquetKind.Number:
                _writer.WriteRawValue(reader.GetString(index), skipInputValidation: true);
                break;
            case ParquetKind.Boolean:
                _writer.WriteBooleanValue(reader.GetBoolean(index));
                break;
            case ParquetKind.Real when reader.GetDouble(index) is var real && double.IsFinite(real):
                _writer.WriteNumberValue(real);
                break;
            case ParquetKind.Real:
                // The row's validation says that it is not a finite number.
                _writer.WriteStringValue(reader.GetDouble(index).ToString(System.Globalization.CultureInfo.InvariantCulture));
                break;
            default:
                _writer.WriteStringValue(reader.GetString(index));
                break;
        }
    }
}
