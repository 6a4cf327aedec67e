using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace CloudNativeAi.Inference.Tokenization;

/// <summary>
/// What Unicode's canonical decomposition (form D) leaves of a character without its nonspacing marks. It is a table, Unicode
/// 14's, because string.Normalize changes nothing where globalization is invariant, as it is in all services.
/// </summary>
internal static class Accents
{
    private const int HangulFirst = 0xAC00;
    private const int HangulLast = 0xD7A3;
    private const int LeadFirst = 0x1100;
    private const int VowelFirst = 0x1161;
    private const int TrailBefore = 0x11A7;
    private const int VowelCount = 21;
    private const int TrailCount = 28;

    private static readonly FrozenDictionary<int, string> Bases = ReadBases();

    /// <summary>Adds the character without its accents, which may be nothing, or several characters.</summary>
    public static void AppendStripped(StringBuilder target, Rune rune)
    {
        if (rune.IsAscii)
        {
            target.Append((char)rune.Value);
        }
        else if (rune.Value is >= HangulFirst and <= HangulLast)
        {
            AppendHangul(target, rune.Value - HangulFirst);
        }
        else if (Bases.TryGetValue(rune.Value, out var kept))
        {
            target.Append(kept);
        }
        else if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
        {
            target.Append(rune);
        }
    }

    // Syllables decompose by arithmetic (The Unicode Standard, section 3.12).
    private static void AppendHangul(StringBuilder target, int syllable)
    {
        target.Append((char)(LeadFirst + (syllable / (VowelCount * TrailCount))));
        target.Append((char)(VowelFirst + (syllable % (VowelCount * TrailCount) / TrailCount)));
        if (syllable % TrailCount is > 0 and var trail)
        {
            target.Append((char)(TrailBefore + trail));
        }
    }

    // "C0=41 9CB=9C7,9BE 340=": code points, hexadecimal.
    private static FrozenDictionary<int, string> ReadBases()
    {
        using var stream = typeof(Accents).Assembly.GetManifestResourceStream("accents.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Select(entry => entry.Split('='))
            .ToFrozenDictionary(
                entry => CodePoint(entry[0]),
                entry => string.Concat(entry[1].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(kept => char.ConvertFromUtf32(CodePoint(kept)))));
    }

    private static int CodePoint(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
