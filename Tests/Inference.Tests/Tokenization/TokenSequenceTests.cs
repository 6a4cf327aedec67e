using CloudNativeAi.Inference.Tokenization;
using CloudNativeAi.Modeling;
using CsCheck;

namespace CloudNativeAi.Inference.Tests.Tokenization;

public sealed class TokenSequenceTests
{
    [Theory]
    [InlineData("[CLS] $A [SEP]", 1, "101 1 2 3 102", "0 0 0 0 0")]
    [InlineData("[CLS] $A [SEP] $B:1 [SEP]:1", 2, "101 1 2 3 102 8 9 102", "0 0 0 0 0 1 1 1")]
    [InlineData("$A", 1, "1 2 3", "0 0 0")]
    [InlineData("$B:3 [SEP] $A:2", 2, "8 9 102 1 2 3", "3 3 0 2 2 2")]
    public void Template_puts_special_tokens_around_the_texts(string template, int texts, string ids, string types)
    {
        var parsed = TokenTemplate.Parse(template, texts, IdOf);
        var (writtenIds, writtenTypes) = (new long[8], new long[8]);

        var written = parsed.Write([1, 2, 3], [8, 9], writtenIds, writtenTypes);

        Assert.Equal(ids, string.Join(' ', writtenIds[..written]));
        Assert.Equal(types, string.Join(' ', writtenTypes[..written]));
        Assert.Equal(written, parsed.SpecialCount + (texts == 1 ? 3 : 5));
    }

    [Theory]
    [InlineData("[CLS] $A [EOS]", 1, "the token '[EOS]', which the vocabulary has not")]
    [InlineData("[CLS]", 1, "must have $A once, and no $B")]
    [InlineData("$A $B", 1, "must have $A once, and no $B")]
    [InlineData("$A $A $B", 2, "must have $A and $B once each")]
    public void Wrong_template_is_refused(string template, int texts, string reason)
    {
        var refused = Assert.Throws<InferenceException>(() => TokenTemplate.Parse(template, texts, IdOf));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Longer_text_is_cut_first_one_token_at_a_time() =>
        Gen.Select(Gen.Int[0, 40], Gen.Int[0, 40], Gen.Int[1, 60]).Sample((first, second, room) =>
        {
            // As in BERT's own _truncate_seq_pair.
            var (keptFirst, keptSecond) = (first, second);
            while (keptFirst + keptSecond > room)
            {
                _ = keptFirst > keptSecond ? keptFirst-- : keptSecond--;
            }

            return TokenLengths.Truncate(first, second, room) == (keptFirst, keptSecond);
        });

    [Theory]
    [InlineData(TokenPadding.Longest, 1, 7, 7)]
    [InlineData(TokenPadding.Longest, 8, 7, 8)]
    [InlineData(TokenPadding.Longest, 8, 8, 8)]
    [InlineData(TokenPadding.Longest, 8, 17, 20)]
    [InlineData(TokenPadding.Longest, 1, 0, 1)]
    [InlineData(TokenPadding.MaxLength, 1, 7, 20)]
    public void Texts_are_padded_as_declared(TokenPadding padding, int multiple, int longest, int padded) =>
        Assert.Equal(padded, new TokenLengths(20, padding, multiple, Truncation: false).Padded(longest));

    private static int? IdOf(string token) => token switch
    {
        "[CLS]" => 101,
        "[SEP]" => 102,
        _ => null,
    };
}
