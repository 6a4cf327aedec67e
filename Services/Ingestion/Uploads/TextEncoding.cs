using System.Text;
using System.Text.Unicode;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>Which text encoding a body has: the one that its Content-Type names, or the one that its first bytes show.</summary>
internal static class TextEncoding
{
    public const string Supported = "utf-8, utf-16, utf-16be, iso-8859-1 or windows-1252";

    /// <summary>Bytes that are looked at.</summary>
    public const int SampleBytes = 64 * 1024;

    private const int MaxUtf8Sequence = 4;
    private static readonly UnicodeEncoding Utf16 = new(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true);
    private static readonly UnicodeEncoding Utf16BigEndian = new(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true);
    private static readonly Encoding Windows1252 = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    /// <summary>Null: the charset is not one that is understood.</summary>
    public static Encoding? Named(string charset) => charset.ToLowerInvariant() switch
    {
        "utf-8" or "utf8" or "us-ascii" => Encoding.UTF8,
        "iso-8859-1" or "latin1" => Encoding.Latin1,
        "windows-1252" or "cp1252" => Windows1252,
        "utf-16" or "utf-16le" => Utf16,
        "utf-16be" => Utf16BigEndian,
        _ => null,
    };

    /// <summary>By byte order mark, then by the zero bytes of UTF-16; what is neither that nor UTF-8 is Windows-1252, as spreadsheets write it.</summary>
    /// <param name="sample">The first bytes; they may end within a character.</param>
    public static Encoding Detect(ReadOnlySpan<byte> sample)
    {
        switch (sample)
        {
            case [0xEF, 0xBB, 0xBF, ..]:
                return Encoding.UTF8;
            case [0xFF, 0xFE, ..]:
                return Utf16;
            case [0xFE, 0xFF, ..]:
                return Utf16BigEndian;
        }

        // Text of a data file has ASCII delimiters and digits from its beginning on: in UTF-16 every other byte of those is zero.
        if (sample is [not 0, 0, not 0, 0, ..])
        {
            return Utf16;
        }

        if (sample is [0, not 0, 0, not 0, ..])
        {
            return Utf16BigEndian;
        }

        for (var cut = 0; cut < MaxUtf8Sequence && cut <= sample.Length; cut++)
        {
            if (Utf8.IsValid(sample[..^cut]))
            {
                return Encoding.UTF8;
            }
        }

        return Windows1252;
    }
}
