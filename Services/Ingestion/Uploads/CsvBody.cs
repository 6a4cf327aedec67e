using System.Text;
using System.Text.Unicode;
using CloudNativeAi.Ingestion.Events;
using CloudNativeAi.Ingestion.Sources;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>CSV after RFC 4180 with a header row of field names. A broken record is a bad row; a quote that is never closed ends the upload.</summary>
internal static class CsvBody
{
    private static readonly byte[] Delimiters = ",;\t|"u8.ToArray();

    /// <param name="delimiter">0: the one of comma, semicolon, tab and bar that the header has most of.</param>
    public static async Task<MalformedBody?> ReadAsync(
        Stream body, Upload upload, int maxEventBytes, byte delimiter, string nullText, CancellationToken cancellationToken)
    {
        using var buffer = new RecordBuffer(body, maxEventBytes);
        CsvRecord? record = null;
        CsvRows? rows = null;
        var line = 1L;

        try
        {
            while (true)
            {
                if (record is null && (buffer.IsFinal || buffer.Unread.Span.Contains((byte)'\n')))
                {
                    buffer.Consume(buffer.Unread.Span.StartsWith("\uFEFF"u8) ? 3 : 0);
                    record = new CsvRecord(delimiter == 0 ? Detect(buffer.Unread.Span) : delimiter);
                }

                if (record is null || !record.TryRead(buffer.Unread.Span, buffer.IsFinal))
                {
                    if (buffer.IsOverLimit)
                    {
                        return new MalformedBody(line, upload.Received, $"the record is longer than {maxEventBytes} bytes; perhaps a quote is not closed");
                    }

                    await buffer.FillAsync(cancellationToken);
                    continue;
                }

                if (buffer.Unread.IsEmpty)
                {
                    return rows is null ? new MalformedBody(1, 0, "there is no header row") : null;
                }

                if (record.IsUnclosed)
                {
                    return new MalformedBody(line, upload.Received, record.Fault);
                }

                var content = buffer.Unread[..record.ContentLength];
                if (content.IsEmpty)
                {
                    // An empty line is no record.
                }
                else if (rows is null)
                {
                    if (!TryReadHeader(upload.Schema, content.Span, record, nullText, out rows, out var fault))
                    {
                        return new MalformedBody(line, 0, fault);
                    }
                }
                else
                {
                    await AddAsync(upload, rows, record, content, line, cancellationToken);
                }

                line += record.Lines;
                buffer.Consume(record.Length);
            }
        }
        finally
        {
            rows?.Dispose();
        }
    }

    private static ValueTask AddAsync(Upload upload, CsvRows rows, CsvRecord record, ReadOnlyMemory<byte> content, long line, CancellationToken cancellationToken)
    {
        var reason = record.Fault;
        if (reason.Length == 0 && record.Fields.Count != rows.ColumnCount)
        {
            reason = $"the record has {record.Fields.Count} fields, the header {rows.ColumnCount}";
        }
        else if (reason.Length == 0 && !Utf8.IsValid(content.Span))
        {
            reason = "the record is not valid UTF-8";
        }

        return reason.Length > 0
            ? upload.AddInvalidAsync(new RowFault("", reason), content, default, line, default, 0, cancellationToken)
            : upload.AddAsync(rows.ToJson(content.Span, record), content, line, default, 0, cancellationToken);
    }

    private static bool TryReadHeader(SourceSchema schema, ReadOnlySpan<byte> content, CsvRecord record, string nullText, out CsvRows? rows, out string fault)
    {
        rows = null;
        fault = record.Fault;
        if (fault.Length > 0)
        {
            return false;
        }

        var seen = new HashSet<int>();
        List<SchemaField> columns = [];
        foreach (var cell in record.Fields)
        {
            var name = Encoding.UTF8.GetString(content.Slice(cell.Start, cell.Length)).Trim();
            var index = schema.IndexOf(name);
            if (index < 0 || !seen.Add(index))
            {
                fault = index < 0
                    ? $"column '{name}' is not a field of source '{schema.Name}' version {schema.Version}"
                    : $"column '{name}' is there twice";
                return false;
            }

            columns.Add(schema.Fields[index]);
        }

        if (schema.Fields.Where((field, index) => !field.Nullable && !seen.Contains(index)).FirstOrDefault() is { } missing)
        {
            fault = $"column '{missing.Name}' is missing, and the field is not nullable";
            return false;
        }

        rows = new CsvRows([.. columns], Encoding.UTF8.GetBytes(nullText));
        return true;
    }

    private static byte Detect(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAny((byte)'\n', (byte)'\r');
        var header = end < 0 ? text : text[..end];
        var best = Delimiters[0];
        foreach (var candidate in Delimiters)
        {
            best = header.Count(candidate) > header.Count(best) ? candidate : best;
        }

        return best;
    }
}
