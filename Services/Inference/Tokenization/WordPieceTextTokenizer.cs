using System.Text;
using CloudNativeAi.Modeling;
using Microsoft.ML.Tokenizers;

namespace CloudNativeAi.Inference.Tokenization;

/// <summary>BERT's: basic tokenization, then for each word the longest pieces of the vocabulary from its start on.</summary>
internal sealed class WordPieceTextTokenizer : TextTokenizer
{
    public const string DefaultUnknown = "[UNK]";

    // Hugging Face's bound, which exported models were trained with; a longer word is unknown.
    private const int MaxCharactersPerWord = 100;

    private readonly BasicTokenizer _basic;
    private readonly WordPieceTokenizer _pieces;
    private readonly Dictionary<string, int> _vocabulary;

    /// <param name="vocabulary">vocab.txt: a token a line, its id the number of the line from 0.</param>
    /// <exception cref="InferenceException">The file is no such vocabulary, or lacks the unknown token.</exception>
    public WordPieceTextTokenizer(byte[] vocabulary, string file, TokenizerSignature signature)
    {
        _vocabulary = Read(vocabulary, file);
        var unknown = signature.UnkToken ?? DefaultUnknown;
        if (!_vocabulary.ContainsKey(unknown))
        {
            throw TokenizerFilesReader.Refused($"{file} has no token '{unknown}', which stands for unknown words; add it, or name the vocabulary's own in unk_token");
        }

        _basic = new BasicTokenizer(signature.IsLowercase, signature.StripAccents ?? signature.IsLowercase);
        _pieces = WordPieceTokenizer.Create(
            new MemoryStream(vocabulary),
            new WordPieceOptions { UnknownToken = unknown, MaxInputCharsPerWord = MaxCharactersPerWord, PreTokenizer = PreTokenizer.CreateWhiteSpace() });
        MaxId = _vocabulary.Count - 1;
    }

    public override int MaxId { get; }

    public override IReadOnlyList<int> Encode(string text) => _pieces.EncodeToIds(_basic.Tokenize(text), considerPreTokenization: true, considerNormalization: false);

    public override int? IdOf(string token) => _vocabulary.TryGetValue(token, out var id) ? id : null;

    private static Dictionary<string, int> Read(byte[] content, string file)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        using var reader = new StreamReader(new MemoryStream(content), new UTF8Encoding(false, throwOnInvalidBytes: true));
        try
        {
            while (reader.ReadLine() is { } token)
            {
                if (!vocabulary.TryAdd(token.Trim(), vocabulary.Count))
                {
                    throw TokenizerFilesReader.Refused($"{file} has the token '{token.Trim()}' twice, in line {vocabulary[token.Trim()] + 1} and in line {vocabulary.Count + 1}");
                }
            }
        }
        catch (DecoderFallbackException exception)
        {
            throw TokenizerFilesReader.Refused($"{file} is not UTF-8: {exception.Message}");
        }

        return vocabulary;
    }
}
