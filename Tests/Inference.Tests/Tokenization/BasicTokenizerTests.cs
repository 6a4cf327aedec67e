using System.Text;
using CloudNativeAi.Inference.Tokenization;
using CsCheck;

namespace CloudNativeAi.Inference.Tests.Tokenization;

/// <summary>The cases of BERT's own tokenization_test.py, and the same rules written plainly, letter by letter.</summary>
public sealed class BasicTokenizerTests
{
    private static readonly BasicTokenizer Uncased = new(lowercase: true, stripAccents: true);
    private static readonly BasicTokenizer Cased = new(lowercase: false, stripAccents: false);

    [Theory]
    [InlineData("ah\u535A\u63A8zz", "ah \u535A \u63A8 zz")]
    [InlineData(" \tHeLLo!how  \n Are yoU?  ", "hello ! how are you ?")]
    [InlineData("H\u00E9llo", "hello")]
    [InlineData("", "")]
    [InlineData(" \u00A0\u2028 ", "")]
    [InlineData("a\u0000b\u200Bc\uFFFDd\u00ADe", "abcde")]
    [InlineData("tab\tand\u00A0more", "tab and more")]
    [InlineData("smile😀s", "smile😀s")]
    [InlineData("$1,000.50", "$ 1 , 000 . 50")]
    [InlineData("\u1E69 \u01D6 \uFB2C", "s u \u05E9")]
    [InlineData("\uAC00\uB28F", "\u1100\u1161\u1102\u1172\u11C2")]
    [InlineData("\u0130stanbul \u039F\u0394\u039F\u03A3 \u03A3 \u0391\u03A3\u0391", "istanbul \u03BF\u03B4\u03BF\u03C2 \u03C3 \u03B1\u03C3\u03B1")]
    [InlineData("[UNK] [sep]", "[ unk ] [ sep ]")]
    public void Uncased_text_becomes_its_words(string text, string words) => Assert.Equal(words, Uncased.Tokenize(text));

    [Fact]
    public void Cased_text_keeps_its_letters_and_accents()
    {
        Assert.Equal("HeLLo ! how Are yoU ?", Cased.Tokenize(" \tHeLLo!how  \n Are yoU?  "));
        Assert.Equal("H\u00E9llo", Cased.Tokenize("H\u00E9llo"));
        Assert.Equal("h\u00E9llo", new BasicTokenizer(lowercase: true, stripAccents: false).Tokenize("H\u00C9llo"));
    }

    [Fact]
    public void Characters_are_of_their_kinds()
    {
        Assert.All(" \t\r\n\u00A0", character => Assert.True(BasicTokenizer.IsWhiteSpace(new Rune(character))));
        Assert.All("A-", character => Assert.False(BasicTokenizer.IsWhiteSpace(new Rune(character))));
        Assert.True(BasicTokenizer.IsControl(new Rune(0x5)));
        Assert.All("A \t\r💩".EnumerateRunes(), rune => Assert.False(BasicTokenizer.IsControl(rune)));
        Assert.All("-$`.", character => Assert.True(BasicTokenizer.IsPunctuation(new Rune(character))));
        Assert.All("A ", character => Assert.False(BasicTokenizer.IsPunctuation(new Rune(character))));
    }

    [Fact]
    public void Words_are_those_of_the_rules_applied_letter_by_letter()
    {
        // Each letter with what it becomes: nothing, a space, itself, a part of a word, or a word of its own.
        (string Letter, string Becomes)[] letters =
        [
            ("a", "a"), ("B", "b"), ("é", "e"), ("É", "e"), ("e\u0301", "e"), ("ñ", "n"), ("Ø", "ø"), ("7", "7"), ("😀", "😀"), ("𝒜", "𝒜"), ("カ", "カ"), ("ß", "ß"),
            (" ", " "), ("\t", " "), ("\n", " "), ("\u3000", " "), ("\u2028", " "), ("\0", ""), ("\u0007", ""), ("\u200D", ""), ("\uFFFD", ""),
            ("日", " 日 "), ("𠀀", " 𠀀 "), ("豈", " 豈 "), (".", " . "), ("'", " ' "), ("「", " 「 "), ("—", " — "), ("^", " ^ "), ("€", "€"),
        ];

        Gen.Int[0, letters.Length - 1].Select(letter => letters[letter]).Array[0, 30].Sample(text =>
        {
            var words = string.Concat(text.Select(letter => letter.Becomes)).Split(' ', StringSplitOptions.RemoveEmptyEntries);

            return Uncased.Tokenize(string.Concat(text.Select(letter => letter.Letter))) == string.Join(' ', words);
        });
    }

    [Fact]
    public void Words_are_words_still_when_tokenized_again() =>
        Gen.Int[1, 0x10FFFF].Where(Rune.IsValid).Array[0, 20].Select(text => string.Concat(text.Select(char.ConvertFromUtf32)))
            .Sample(text => Uncased.Tokenize(Uncased.Tokenize(text)) == Uncased.Tokenize(text));
}
