using CloudNativeAi.Inference.Tokenization;
using CloudNativeAi.Modeling;
using CsCheck;
using Microsoft.ML.Tokenizers;

namespace CloudNativeAi.Inference.Tests.Tokenization;

/// <summary>Ids that were published with the vocabularies.</summary>
public sealed class TextTokenizerTests : IDisposable
{
    private static readonly Lazy<(byte[] Vocabulary, byte[] Merges)> Gpt2 = new(TestVocabularies.Gpt2);

    private readonly string _directory = Directory.CreateTempSubdirectory("cnai-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("UNwant\u00E9d,running", "7 4 5 10 8 9")]
    [InlineData("", "")]
    [InlineData("unwanted running", "7 4 5 8 9")]
    [InlineData("unwantedX running", "0 8 9")]
    public void Words_become_the_pieces_of_berts_own_tests(string text, string ids)
    {
        var tokenizer = new WordPieceTextTokenizer(TestVocabularies.WordPiece, "vocab.txt", Signature(TokenizerType.Wordpiece));

        Assert.Equal(ids, Join(tokenizer.Encode(text)));
    }

    [Theory]
    [InlineData("Hello, my dog is cute", "7592 1010 2026 3899 2003 10140")]
    [InlineData("I've been waiting for a HuggingFace course my whole life.", "1045 1005 2310 2042 3403 2005 1037 17662 12172 2607 2026 2878 2166 1012")]
    [InlineData("I hate this so much!", "1045 5223 2023 2061 2172 999")]
    public void Text_has_the_published_ids_of_bert(string text, string ids)
    {
        var tokenizer = new WordPieceTextTokenizer(TestVocabularies.BertUncased(), "vocab.txt", Signature(TokenizerType.Wordpiece));

        Assert.Equal(ids, Join(tokenizer.Encode(text)));
        Assert.Equal((101, 102, 0, 30_521), (tokenizer.IdOf("[CLS]"), tokenizer.IdOf("[SEP]"), tokenizer.IdOf("[PAD]"), tokenizer.MaxId));
        Assert.Equal("100", Join(tokenizer.Encode(new string('a', 101))));
    }

    [Theory]
    [InlineData("Hello world", "15496 995")]
    [InlineData(" Hello world", "18435 995")]
    [InlineData("", "")]
    public void Text_has_the_published_ids_of_gpt2(string text, string ids) => Assert.Equal(ids, Join(CreateGpt2().Encode(text)));

    [Fact]
    public void Text_that_spells_a_special_token_has_the_ids_of_its_letters()
    {
        var tokenizer = CreateGpt2();

        Assert.Equal(50_256, tokenizer.IdOf("<|endoftext|>"));
        Assert.DoesNotContain(50_256, tokenizer.Encode("<|endoftext|>"));
    }

    [Fact]
    public void First_word_gets_a_space_where_that_is_declared() =>
        Assert.Equal("18435 995", Join(CreateGpt2(Signature(TokenizerType.Bpe) with { AddPrefixSpace = true }).Encode("Hello world")));

    [Fact]
    public void Byte_pairs_are_those_of_gpt2s_ranks()
    {
        var tokenizer = CreateGpt2();
        var byRanks = TiktokenTokenizer.CreateForModel("gpt2");
        string[] parts = ["hello", " World", "  ", "\n", "\t", "'s", "'ll", "'X", "é", "日本", "😀", "123", "½", "...", "$", "\u00A0", "\u0301", " a", "I", "Ⅷ"];

        Gen.Int[0, parts.Length - 1].Select(part => parts[part]).Array[0, 12].Select(string.Concat).Sample(text => tokenizer.Encode(text).SequenceEqual(byRanks.EncodeToIds(text)), iter: 2_000);
    }

    [Fact]
    public void Endless_word_is_parted()
    {
        const int Max = BytePairPreTokenizer.MaxWordLength;

        var words = new BytePairPreTokenizer().PreTokenize(new string('x', Max * 2) + "𝒜 " + new string(' ', Max * 2)).ToList();

        Assert.All(words, word => Assert.InRange(word.Length, 1, Max));
        Assert.Equal((Max * 4) + 3, words.Sum(word => word.Length));
        Assert.Equal([(0, Max), (Max, Max), (Max * 2, 2)], words[..3]);
    }

    [Fact]
    public void Letters_outside_the_basic_plane_do_not_part_a_word()
    {
        (int, int)[] words = [(0, 5), (5, 1), (6, 3)];

        Assert.Equal(words, new BytePairPreTokenizer().PreTokenize("a𝒜𝒷. 𝟙"));
    }

    [Theory]
    [InlineData("generate some random text", "561 147 424 6794 2748")]
    [InlineData("hello world", "908 1418 501")]
    [InlineData("  hello   world ", "908 1418 501")]
    [InlineData("ｈｅｌｌｏ　ｗｏｒｌｄ", "908 1418 501")]
    [InlineData("", "")]
    [InlineData("   ", "")]
    public void Text_has_the_published_ids_of_its_sentencepiece_model(string text, string ids) => Assert.Equal(ids, Join(CreateEnglish().Encode(text)));

    [Fact]
    public void Sentencepiece_normalizes_before_it_looks_pieces_up()
    {
        var tokenizer = CreateEnglish();

        // Compatibility characters, composition, and a mark that is longer than its letter.
        Assert.Equal(tokenizer.Encode("fine 1 kg"), tokenizer.Encode("ﬁne ① ㎏"));
        Assert.Equal(tokenizer.Encode("caf\u00E9"), tokenizer.Encode("cafe\u0301"));
        Assert.Equal(tokenizer.Encode("\u30AC"), tokenizer.Encode("\uFF76\uFF9E"));
        Assert.Single(tokenizer.Encode("\u00E9"));
    }

    [Fact]
    public void Run_of_unknown_characters_is_one_unknown_piece() =>
        Assert.Equal([0], CreateEnglish().Encode("日本語").Where(id => id == 0));

    [Fact]
    public void Unigram_takes_the_likeliest_pieces()
    {
        var content = TestVocabularies.Unigram(("▁", -4, 1), ("a", -3, 1), ("b", -3, 1), ("▁ab", -5, 1), ("ab", -4, 1), ("▁a", -3.5f, 1), ("[X]", 0, 4));
        var tokenizer = Create(content, Signature(TokenizerType.Sentencepiece));

        // ▁ab -5 before ▁a b -6.5; ▁a ab -7.5 before ▁a a b -9.5.
        Assert.Equal("6", Join(tokenizer.Encode("ab")));
        Assert.Equal("8 7", Join(tokenizer.Encode("aab")));
        Assert.Equal("8 9 7 0", Join(tokenizer.Encode("a[X]abzz")));
    }

    [Fact]
    public void Ids_are_moved_and_special_tokens_placed_as_in_xlm_roberta()
    {
        var content = TestVocabularies.Unigram(("▁a", -1, 1), ("b", -2, 1));
        var special = new Dictionary<string, int> { ["<s>"] = 0, ["<pad>"] = 1, ["</s>"] = 2, ["<unk>"] = 3, ["<mask>"] = 6 };
        var tokenizer = Create(content, Signature(TokenizerType.Sentencepiece) with { IdOffset = 1, SpecialTokens = special });

        Assert.Equal("4 5 3 5", Join(tokenizer.Encode("abzzb")));
        Assert.Equal((1, 6, 4), (tokenizer.IdOf("<pad>"), tokenizer.MaxId, tokenizer.IdOf("▁a")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5_000)]
    public void Content_that_is_no_sentencepiece_model_is_refused(int length)
    {
        var random = new Random(length);
        var content = new byte[length];
        random.NextBytes(content);

        Assert.Contains("is no SentencePiece model", Assert.Throws<InferenceException>(() => Create(content, Signature(TokenizerType.Sentencepiece))).Message, StringComparison.Ordinal);
    }

    private static SentencePieceTextTokenizer CreateEnglish() => Create(TestVocabularies.EnglishSentencePiece(), Signature(TokenizerType.Sentencepiece));

    private static SentencePieceTextTokenizer Create(byte[] content, TokenizerSignature signature) => new(content, "tokenizer.model", signature);

    private BytePairTextTokenizer CreateGpt2(TokenizerSignature? signature = null)
    {
        var (vocabulary, merges) = (Path.Combine(_directory, "vocab.json"), Path.Combine(_directory, "merges.txt"));
        File.WriteAllBytes(vocabulary, Gpt2.Value.Vocabulary);
        File.WriteAllBytes(merges, Gpt2.Value.Merges);
        return new BytePairTextTokenizer(vocabulary, merges, signature ?? Signature(TokenizerType.Bpe));
    }

    private static TokenizerSignature Signature(TokenizerType type) => new(type, MaxLength: 16);

    private static string Join(IEnumerable<int> ids) => string.Join(' ', ids);
}
