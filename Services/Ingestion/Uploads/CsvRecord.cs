namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>One record of RFC 4180, found in place: the fields are ranges of the buffer.</summary>
internal sealed class CsvRecord(byte delimiter)
{
    private readonly List<CsvField> _fields = [];

    public byte Delimiter => delimiter;

    public IReadOnlyList<CsvField> Fields => _fields;

    /// <summary>Bytes up to the line end, without it.</summary>
    public int ContentLength { get; private set; }

    /// <summary>Bytes to consume.</summary>
    public int Length { get; private set; }

    /// <summary>Line ends inside of quotes and the one at the end.</summary>
    public int Lines { get; private set; }

    /// <summary>What breaks RFC 4180 in this record; empty: nothing.</summary>
    public string Fault { get; private set; } = "";

    /// <summary>The text ended inside of quotes.</summary>
    public bool IsUnclosed { get; private set; }

    /// <summary>False: the text does not hold the whole record yet.</summary>
    public bool TryRead(ReadOnlySpan<byte> text, bool isFinal)
    {
        _fields.Clear();
        (Fault, IsUnclosed, Lines) = ("", false, 1);
        var position = 0;

        while (true)
        {
            var complete = position < text.Length && text[position] == '"'
                ? TryReadQuoted(text, ref position, isFinal)
                : TryReadPlain(text, ref position, isFinal);
            if (!complete)
            {
                return false;
            }

            if (position == text.Length || text[position] != delimiter)
            {
                return TryEnd(text, position, isFinal);
            }

            position++;
        }
    }

    private bool TryReadQuoted(ReadOnlySpan<byte> text, ref int position, bool isFinal)
    {
        var start = position + 1;
        var next = start;
        var hasEscapes = false;
        while (true)
        {
            var quote = text[next..].IndexOf((byte)'"');
            if (quote < 0 || (next + quote + 1 == text.Length && !isFinal))
            {
                if (!isFinal)
                {
                    return false;
                }

                (IsUnclosed, Fault) = (true, "a quoted field is not closed");
                _fields.Add(new CsvField(start, text.Length - start, IsQuoted: true, hasEscapes));
                Lines += text[start..].Count((byte)'\n');
                position = text.Length;
                return true;
            }

            next += quote + 1;
            if (next < text.Length && text[next] == '"')
            {
                hasEscapes = true;
                next++;
                continue;
            }

            _fields.Add(new CsvField(start, next - 1 - start, IsQuoted: true, hasEscapes));
            Lines += text[start..next].Count((byte)'\n');
            position = next;
            if (next < text.Length && text[next] != delimiter && text[next] is not ((byte)'\r' or (byte)'\n'))
            {
                Fault = $"field {_fields.Count} has text behind its closing quote";
                return TrySkipToLineEnd(text, ref position, isFinal);
            }

            return true;
        }
    }

    private bool TryReadPlain(ReadOnlySpan<byte> text, ref int position, bool isFinal)
    {
        var length = text[position..].IndexOfAny(delimiter, (byte)'\n', (byte)'"');
        if (length < 0)
        {
            if (!isFinal)
            {
                return false;
            }

            length = text.Length - position;
        }

        var start = position;
        position += length;
        if (position < text.Length && text[position] == '"')
        {
            Fault = $"field {_fields.Count + 1} has a quote in the middle";
            return TrySkipToLineEnd(text, ref position, isFinal);
        }

        if (length > 0 && text[position - 1] == '\r' && (position == text.Length || text[position] == '\n'))
        {
            length--;
            position--;
        }

        _fields.Add(new CsvField(start, length, IsQuoted: false, HasEscapes: false));
        return true;
    }

    // A broken record ends at its line: the rows behind it are still good.
    private static bool TrySkipToLineEnd(ReadOnlySpan<byte> text, ref int position, bool isFinal)
    {
        var end = text[position..].IndexOf((byte)'\n');
        if (end < 0 && !isFinal)
        {
            return false;
        }

        position = end < 0 ? text.Length : position + end;
        return true;
    }

    private bool TryEnd(ReadOnlySpan<byte> text, int position, bool isFinal)
    {
        ContentLength = position;
        if (position < text.Length && text[position] == '\r')
        {
            if (position + 1 == text.Length && !isFinal)
            {
                return false;
            }

            position++;
        }

        if (position < text.Length && text[position] != '\n')
        {
            // A lone carriage return ends the line, as old Macintosh files have it.
            Length = position;
            return true;
        }

        Length = Math.Min(position + 1, text.Length);
        return position < text.Length || isFinal;
    }
}

/// <param name="HasEscapes">Two quotes stand for one.</param>
internal readonly record struct CsvField(int Start, int Length, bool IsQuoted, bool HasEscapes);
