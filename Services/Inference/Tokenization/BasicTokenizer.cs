using System.Globalization;
using System.Text;

namespace CloudNativeAi.Inference.Tokenization;

/// <summary>
/// BERT's basic tokenization, as in the tokenization.py that came with it: control characters go, ideographs, punctuation and
/// white space part words, and lower-casing and the stripping of accents follow as the model was trained.
/// </summary>
internal sealed class BasicTokenizer(bool lowercase, bool stripAccents)
{
    /// <summary>The words, with one space between them.</summary>
    /// <param name="text">Valid UTF-16.</param>
    public string Tokenize(string text)
    {
        var cleaned = Clean(text);
        var words = new StringBuilder(cleaned.Length);
        var changed = new StringBuilder();
        var rest = cleaned.AsSpan();
        while (!(rest = rest.TrimStart()).IsEmpty)
        {
            var end = IndexOfWhiteSpace(rest);
            AppendWords(words, Change(rest[..end], changed));
            rest = rest[end..];
        }

        return words.ToString();
    }

    private static string Clean(string text)
    {
        var cleaned = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is 0 or 0xFFFD || IsControl(rune))
            {
                continue;
            }

            if (IsWhiteSpace(rune))
            {
                cleaned.Append(' ');
            }
            else if (IsIdeograph(rune.Value))
            {
                cleaned.Append(' ').Append(rune).Append(' ');
            }
            else
            {
                cleaned.Append(rune);
            }
        }

        return cleaned.ToString();
    }

    private ReadOnlySpan<char> Change(ReadOnlySpan<char> word, StringBuilder changed)
    {
        if (!lowercase && !stripAccents)
        {
            return word;
        }

        if (Ascii.IsValid(word) && lowercase)
        {
            return word.ToString().ToLowerInvariant();
        }

        if (lowercase)
        {
            changed.Clear();
            LowerCase.Append(changed, word);
            word = changed.ToString();
        }

        if (stripAccents)
        {
            changed.Clear();
            foreach (var rune in word.EnumerateRunes())
            {
                Accents.AppendStripped(changed, rune);
            }

            word = changed.ToString();
        }

        return word;
    }

    // Each punctuation character is a word.
    private static void AppendWords(StringBuilder words, ReadOnlySpan<char> word)
    {
        var isInside = false;
        foreach (var rune in word.EnumerateRunes())
        {
            var isPunctuation = IsPunctuation(rune);
            if (words.Length > 0 && (isPunctuation || !isInside))
            {
                words.Append(' ');
            }

            words.Append(rune);
            isInside = !isPunctuation;
        }
    }

    private static int IndexOfWhiteSpace(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                return i;
            }
        }

        return text.Length;
    }

    /// <summary>A control or format character; tab and line ends are white space.</summary>
    public static bool IsControl(Rune rune) =>
        rune.Value is not ('\t' or '\n' or '\r') && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format;

    public static bool IsWhiteSpace(Rune rune) =>
        rune.Value is ' ' or '\t' or '\n' or '\r' || Rune.GetUnicodeCategory(rune) == UnicodeCategory.SpaceSeparator;

    /// <summary>Unicode's punctuation, and all of ASCII that is no letter, digit or space, such as $.</summary>
    public static bool IsPunctuation(Rune rune) =>
        rune.Value is (>= 33 and <= 47) or (>= 58 and <= 64) or (>= 91 and <= 96) or (>= 123 and <= 126)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation
            or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation;

    /// <summary>Of the blocks of CJK unified and compatibility ideographs; kana and Hangul are written with spaces or not at all.</summary>
    public static bool IsIdeograph(int codePoint) =>
        codePoint is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
            or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
