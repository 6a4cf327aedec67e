using System.Globalization;
using System.Text;

namespace CloudNativeAi.Inference.Tokenization;

/// <summary>Unicode's full lower-casing without a language, as Python's str.lower has it; that of .NET maps one character to one.</summary>
internal static class LowerCase
{
    private const char CapitalSigma = 'Σ';
    private const char Sigma = 'σ';
    private const char FinalSigma = 'ς';
    private const char CapitalIWithDot = '\u0130';
    private const string IWithDot = "i\u0307";

    // Of word break, MidLetter, MidNumLet and single quote: they may stand between a sigma and the rest of its word.
    private const string InsideWords = "'.:^`\u00B7\u0387\u055F\u05F4\u2018\u2019\u2024\u2027\uFE13\uFE52\uFE55\uFF07\uFF0E\uFF1A";

    public static string Of(string text)
    {
        var lower = new StringBuilder(text.Length);
        Append(lower, text);
        return lower.ToString();
    }

    public static void Append(StringBuilder target, ReadOnlySpan<char> word)
    {
        for (var i = 0; i < word.Length;)
        {
            Rune.DecodeFromUtf16(word[i..], out var rune, out var length);
            switch (rune.Value)
            {
                case CapitalSigma:
                    target.Append(IsFinal(word[..i], word[(i + 1)..]) ? FinalSigma : Sigma);
                    break;
                case CapitalIWithDot:
                    target.Append(IWithDot);
                    break;
                default:
                    target.Append(Rune.ToLowerInvariant(rune));
                    break;
            }

            i += length;
        }
    }

    // After a letter and before none, case-ignorable characters aside.
    private static bool IsFinal(ReadOnlySpan<char> before, ReadOnlySpan<char> after)
    {
        var isAfterLetter = false;
        while (!before.IsEmpty)
        {
            Rune.DecodeLastFromUtf16(before, out var rune, out var length);
            before = before[..^length];
            if (!IsIgnorable(rune))
            {
                isAfterLetter = IsCased(rune);
                break;
            }
        }

        while (!after.IsEmpty)
        {
            Rune.DecodeFromUtf16(after, out var rune, out var length);
            after = after[length..];
            if (!IsIgnorable(rune))
            {
                return isAfterLetter && !IsCased(rune);
            }
        }

        return isAfterLetter;
    }

    private static bool IsCased(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter;

    private static bool IsIgnorable(Rune rune) =>
        (rune.IsBmp && InsideWords.Contains((char)rune.Value))
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;
}
