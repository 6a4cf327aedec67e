using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace CloudNativeAi.Inference.Tokenization;

/// <summary>
/// GPT-2's words: <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>, by whole characters.
/// .NET's own expressions see half a character where UTF-16 needs two, and would part words that have such letters.
/// A word of more than <see cref="MaxWordLength"/> is parted, since joining its pairs takes time by the square.
/// </summary>
internal sealed class BytePairPreTokenizer : PreTokenizer
{
    /// <summary>UTF-16 units of one word; the longest token of GPT-2 has 128.</summary>
    public const int MaxWordLength = 1_024;

    private static readonly string[] Contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private enum Kind
    {
        Letter,
        Number,
        WhiteSpace,
        Other,
    }

    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text) => PreTokenize(text.AsSpan());

    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text)
    {
        List<(int, int)> words = [];
        for (var start = 0; start < text.Length;)
        {
            var length = LengthOf(text[start..]);
            words.Add((start, length));
            start += length;
        }

        return words;
    }

    private static int LengthOf(ReadOnlySpan<char> text)
    {
        foreach (var contraction in Contractions)
        {
            if (text.StartsWith(contraction, StringComparison.Ordinal))
            {
                return contraction.Length;
            }
        }

        // A word takes the space before it along.
        var first = text is [' ', _, ..] ? 1 : 0;
        var kind = KindOf(text[first..], out _);
        if (kind != Kind.WhiteSpace)
        {
            return first + RunOf(text[first..], kind);
        }

        // Of white space before a word, the last character is left to the word, or stands alone.
        var run = RunOf(text, Kind.WhiteSpace);
        return run == text.Length || run == 1 ? run : run - 1;
    }

    private static int RunOf(ReadOnlySpan<char> text, Kind kind)
    {
        var run = 0;
        while (run < text.Length && KindOf(text[run..], out var length) == kind && run + length <= MaxWordLength)
        {
            run += length;
        }

        return run;
    }

    private static Kind KindOf(ReadOnlySpan<char> text, out int length)
    {
        if (Rune.DecodeFromUtf16(text, out var rune, out length) != OperationStatus.Done)
        {
            return Kind.Other;
        }

        if (Rune.IsWhiteSpace(rune))
        {
            return Kind.WhiteSpace;
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Kind.Other,
        };
    }
}
