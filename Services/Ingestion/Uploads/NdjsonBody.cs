namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>One JSON object a line. A bad line is a bad row; the next line starts afresh.</summary>
internal static class NdjsonBody
{
    /// <param name="endsUpload">Asked at the end of the body. False: a last line without a line end is the beginning of one that the next request brings.</param>
    public static async Task<MalformedBody?> ReadAsync(Stream body, Upload upload, int maxEventBytes, Func<bool> endsUpload, CancellationToken cancellationToken)
    {
        using var buffer = new RecordBuffer(body, maxEventBytes);
        var start = upload.Place;
        var line = start.Line;
        var searched = 0;

        while (true)
        {
            var unread = buffer.Unread;
            var end = unread.Span[searched..].IndexOf((byte)'\n');
            if (end < 0 && !buffer.IsFinal)
            {
                if (buffer.IsOverLimit)
                {
                    return new MalformedBody(line + 1, upload.Received, $"the line is longer than {maxEventBytes} bytes");
                }

                searched = unread.Length;
                await buffer.FillAsync(cancellationToken);
                continue;
            }

            if (end < 0 && !endsUpload())
            {
                return null;
            }

            var length = end < 0 ? unread.Length : searched + end;
            var consumed = end < 0 ? length : length + 1;
            line++;
            upload.Place = new UploadPlace(start.Offset + buffer.Consumed + consumed, line);
            await AddLineAsync(upload, Trim(unread[..length]), line, cancellationToken);
            if (end < 0)
            {
                return null;
            }

            buffer.Consume(consumed);
            searched = 0;
        }
    }

    private static ValueTask AddLineAsync(Upload upload, ReadOnlyMemory<byte> text, long line, CancellationToken cancellationToken)
    {
        text = line == 1 && text.Span.StartsWith("\uFEFF"u8) ? text[3..] : text;
        return text.IsEmpty ? ValueTask.CompletedTask : upload.AddAsync(text, default, line, default, 0, cancellationToken);
    }

    private static ReadOnlyMemory<byte> Trim(ReadOnlyMemory<byte> text)
    {
        var trimmed = text.Span.Trim(" \t\r"u8);
        return trimmed.IsEmpty ? default : text.Slice(text.Span.IndexOf(trimmed), trimmed.Length);
    }
}
