using System.Buffers;
using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CloudNativeAi.Ingestion.Sources;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>
/// Turns CSV records into the JSON rows of a source. A cell that is not of its field's type becomes a JSON string: the row's
/// validation then says what is wrong, in the same words as for JSON.
/// </summary>
internal sealed class CsvRows : IDisposable
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _row = new(1_024);
    private readonly Utf8JsonWriter _writer;
    private readonly SchemaField[] _columns;
    private readonly byte[] _nullText;
    private byte[] _unescaped = new byte[256];

    /// <param name="columns">The field of each column.</param>
    /// <param name="nullText">Unquoted cells with this text are null, as empty ones are.</param>
    public CsvRows(SchemaField[] columns, byte[] nullText)
    {
        _columns = columns;
        _nullText = nullText;
        _writer = new Utf8JsonWriter(_row, WriterOptions);
    }

    public int ColumnCount => _columns.Length;

    /// <summary>Valid until the next call.</summary>
    public ReadOnlyMemory<byte> ToJson(ReadOnlySpan<byte> text, CsvRecord record)
    {
        _row.ResetWrittenCount();
        _writer.Reset(_row);
        _writer.WriteStartObject();
        for (var index = 0; index < _columns.Length; index++)
        {
            WriteCell(_columns[index], Cell(text, record.Fields[index]), record.Fields[index].IsQuoted);
        }

        _writer.WriteEndObject();
        _writer.Flush();
        return _row.WrittenMemory;
    }

    /// <summary>A cell's text, two quotes made one. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Cell(ReadOnlySpan<byte> text, CsvField field)
    {
        var cell = text.Slice(field.Start, field.Length);
        return field.HasEscapes ? Unescape(cell) : cell;
    }

    public void Dispose() => _writer.Dispose();

    private void WriteCell(SchemaField field, ReadOnlySpan<byte> cell, bool isQuoted)
    {
        if (!isQuoted && (cell.IsEmpty || cell.SequenceEqual(_nullText)))
        {
            // Absent means null. An empty text that must not be null is an empty text.
            if (cell.IsEmpty && field is { Type: ValueType.String, Nullable: false })
            {
                _writer.WriteString(field.Utf8Name, ""u8);
            }

            return;
        }

        _writer.WritePropertyName(field.Utf8Name);
        var number = cell.Trim((byte)' ');
        switch (field.Type)
        {
            case ValueType.Int64 or ValueType.Timestamp when Utf8Parser.TryParse(number, out long integer, out var used) && used == number.Length:
                _writer.WriteNumberValue(integer);
                break;
            case ValueType.Double when Utf8Parser.TryParse(number, out double real, out var used) && used == number.Length && double.IsFinite(real):
                _writer.WriteNumberValue(real);
                break;
            case ValueType.Bool when ToBool(number) is { } flag:
                _writer.WriteBooleanValue(flag);
                break;
            default:
                _writer.WriteStringValue(cell);
                break;
        }
    }

    private static bool? ToBool(ReadOnlySpan<byte> text) => text switch
    {
        [(byte)'1'] or [(byte)'t' or (byte)'T'] => true,
        [(byte)'0'] or [(byte)'f' or (byte)'F'] => false,
        _ when System.Text.Ascii.EqualsIgnoreCase(text, "true"u8) => true,
        _ when System.Text.Ascii.EqualsIgnoreCase(text, "false"u8) => false,
        _ => null,
    };

    private ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> cell)
    {
        if (_unescaped.Length < cell.Length)
        {
            _unescaped = new byte[2 * cell.Length];
        }

        var length = 0;
        for (var index = 0; index < cell.Length; index++)
        {
            _unescaped[length++] = cell[index];
            if (cell[index] == '"')
            {
                index++;
            }
        }

        return _unescaped.AsSpan(0, length);
    }
}
