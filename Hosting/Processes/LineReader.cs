using System.Text;

namespace Aspire.Hosting.Processes;

/// <summary>Splits a process's output into lines of bounded length.</summary>
internal static class LineReader
{
    private const int MaxLineLength = 16 * 1024;

    public static async Task ReadAsync(TextReader reader, Action<string> writeLine)
    {
        var buffer = new char[4096];
        var line = new StringBuilder();
        try
        {
            int count;
            while ((count = await reader.ReadAsync(buffer)) > 0)
            {
                Append(buffer.AsSpan(0, count), line, writeLine);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The pipe went away with the process.
        }

        if (line.Length > 0)
        {
            writeLine(line.ToString());
        }
    }

    private static void Append(ReadOnlySpan<char> text, StringBuilder line, Action<string> writeLine)
    {
        while (text.Length > 0)
        {
            var end = text.IndexOf('\n');
            var part = end < 0 ? text : text[..end];
            var room = MaxLineLength - line.Length;
            if (part.Length > room)
            {
                part = part[..room];
                end = -1;
            }

            line.Append(part);
            if (end >= 0 || line.Length == MaxLineLength)
            {
                writeLine(line.ToString().TrimEnd('\r'));
                line.Clear();
            }

            text = text[(end >= 0 ? end + 1 : part.Length)..];
        }
    }
}
