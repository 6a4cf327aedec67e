using System.Globalization;
using System.Text;

namespace CloudNativeAi.Web.Display;

/// <summary>Bytes as people compare them: offset, hexadecimal, text.</summary>
public static class HexDump
{
    private const int Width = 16;

    public static string Of(ReadOnlySpan<byte> bytes, int atMost)
    {
        var shown = bytes[..Math.Min(bytes.Length, atMost)];
        var text = new StringBuilder();
        for (var offset = 0; offset < shown.Length; offset += Width)
        {
            var line = shown[offset..Math.Min(shown.Length, offset + Width)];
            text.Append(CultureInfo.InvariantCulture, $"{offset:x6}  ");
            for (var i = 0; i < Width; i++)
            {
                text.Append(i < line.Length ? line[i].ToString("x2", CultureInfo.InvariantCulture) : "  ").Append(i == (Width / 2) - 1 ? "  " : " ");
            }

            text.Append(' ');
            foreach (var value in line)
            {
                text.Append(value is >= 0x20 and < 0x7f ? (char)value : '.');
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
