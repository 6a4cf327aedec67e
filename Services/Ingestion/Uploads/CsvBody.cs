using System.Text.Unicode;
using CloudNativeAi.Ingestion.Events;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>CSV after RFC 4180. A broken record is a bad row; a quote that is never closed ends the upload.</summary>
internal static class CsvBody
{
    private static readonly byte[] Delimiters = ",;\t|"u8.ToArray();

    /// <summary>An upload that has its layout already is read on behind its header.</summary>
    /// <param name="endsUpload">Asked at the end of the body. False: a last record without a line end is the beginning of one that the next request brings.</param>
    public static async Task<MalformedBody?> ReadAsync(
        Stream body, Upload upload, int maxEventBytes, UploadQuery query, Func<bool> endsUpload, CancellationToken cancellationToken)
    {
        using var buffer = new RecordBuffer(body, maxEventBytes);
        var start = upload.Place;
        var line = start.Line + 1;
        var record = upload.Csv is { } known ? new CsvRecord(known.Delimiter) : null;
        CsvRows? rows = null;
        if (upload.Csv is { } layout && (rows = CsvHeader.Open(upload.Schema, layout.Columns, query.NullText, out var misfit)) is null)
        {
            return new MalformedBody(line, upload.Received, misfit);
        }

        try
        {
            while (true)
            {
                if (record is null && (buffer.IsFinal || buffer.Unread.Span.Contains((byte)'\n')))
                {
                    buffer.Consume(buffer.Unread.Span.StartsWith("\uFEFF"u8) ? 3 : 0);
                    record = new CsvRecord(query.Delimiter == 0 ? Detect(buffer.Unread.Span) : query.Delimiter);
                }

                if (record is null || !record.TryRead(buffer.Unread.Span, buffer.IsFinal && endsUpload()))
                {
                    if (buffer.IsOverLimit)
                    {
                        return new MalformedBody(line, upload.Received, $"the record is longer than {maxEventBytes} bytes; perhaps a quote is not closed");
                    }

                    if (buffer.IsFinal)
                    {
                        return null;
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
                upload.Place = new UploadPlace(start.Offset + buffer.Consumed + record.Length, line + record.Lines - 1);
                if (content.IsEmpty)
                {
                    // An empty line is no record.
                }
                else if (rows is null)
                {
                    if (CsvHeader.TryRead(upload, content, record, query, out var fault) is not { } header)
                    {
                        return new MalformedBody(line, 0, fault);
                    }

                    rows = header.Rows;
                    upload.Csv = new CsvLayout(record.Delimiter, header.Columns);
                    if (header.IsAbsent)
                    {
                        await AddAsync(upload, rows, record, content, line, cancellationToken);
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

    // The delimiter that the first line has most of.
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
