using CloudNativeAi.Modeling;
using Microsoft.ML.Tokenizers;

namespace CloudNativeAi.Inference.Tokenization;

/// <summary>A SentencePiece model, unigram or BPE: T5, ALBERT, XLM-RoBERTa, Llama.</summary>
internal sealed class SentencePieceTextTokenizer : TextTokenizer
{
    private readonly bool _lowercase;
    private readonly int _idOffset;
    private readonly int _unknownId;
    private readonly int _servedUnknownId;
    private readonly bool _joinsUnknown;
    private readonly SentencePieceNormalizer _normalizer;
    private readonly SentencePieceTokenizer _pieces;
    private readonly IReadOnlyList<string> _userDefined;
    private readonly Dictionary<string, int> _vocabulary = new(StringComparer.Ordinal);

    /// <exception cref="InferenceException">The file is no SentencePiece model of a kind that is served.</exception>
    public SentencePieceTextTokenizer(byte[] content, string file, TokenizerSignature signature)
    {
        SentencePieceModel model;
        try
        {
            model = SentencePieceModel.Parse(content);
            if (model.Count == 0 || model.UnknownId < 0)
            {
                throw TokenizerFilesReader.Refused($"{file} is no SentencePiece model: it has {model.Count} pieces, and none for what is unknown");
            }

            _normalizer = new SentencePieceNormalizer(model);
            _pieces = SentencePieceTokenizer.Create(new MemoryStream(content), addBeginningOfSentence: false, addEndOfSentence: false);
        }
        catch (Exception exception) when (exception is FormatException or Google.Protobuf.InvalidProtocolBufferException or InvalidDataException or ArgumentException or InvalidOperationException)
        {
            throw TokenizerFilesReader.Refused($"{file} is no SentencePiece model (unigram or BPE): {exception.Message}");
        }

        _lowercase = signature.IsLowercase;
        _idOffset = signature.IdOffset;
        _unknownId = model.UnknownId;
        _joinsUnknown = !model.HasBytes;
        _userDefined = model.UserDefined;
        foreach (var (id, piece) in model.Pieces.Index())
        {
            _vocabulary.TryAdd(piece, id + _idOffset);
        }

        var unknown = model.Pieces.ElementAt(_unknownId);
        foreach (var (token, id) in signature.SpecialTokens ?? new Dictionary<string, int>())
        {
            _vocabulary[token] = id;
        }

        _servedUnknownId = _vocabulary[unknown];
        MaxId = Math.Max(_vocabulary.Values.Max(), model.Count - 1 + _idOffset);
    }

    public override int MaxId { get; }

    public override IReadOnlyList<int> Encode(string text)
    {
        var normalized = _normalizer.Normalize(_lowercase ? LowerCase.Of(text) : text);
        List<int> ids = [];
        if (_userDefined.Count == 0)
        {
            AddPieces(ids, normalized);
            return ids;
        }

        // No piece reaches over the edge of a user-defined one, so what is between them is encoded for itself.
        var start = 0;
        for (var i = 0; i < normalized.Length;)
        {
            var found = _userDefined.FirstOrDefault(piece => string.CompareOrdinal(normalized, i, piece, 0, piece.Length) == 0);
            if (found is null)
            {
                i++;
                continue;
            }

            AddPieces(ids, normalized[start..i]);
            ids.Add(_vocabulary[found]);
            start = i += found.Length;
        }

        AddPieces(ids, normalized[start..]);
        return ids;
    }

    public override int? IdOf(string token) => _vocabulary.TryGetValue(token, out var id) ? id : null;

    private void AddPieces(List<int> ids, string normalized)
    {
        if (normalized.Length == 0)
        {
            return;
        }

        foreach (var id in _pieces.EncodeToIds(normalized, addBeginningOfSentence: false, addEndOfSentence: false, considerPreTokenization: true, considerNormalization: false))
        {
            if (id != _unknownId)
            {
                ids.Add(id + _idOffset);
            }
            else if (!(_joinsUnknown && ids is [.., var last] && last == _servedUnknownId))
            {
                // SentencePiece gives one unknown piece for a run of unknown characters, Microsoft.ML.Tokenizers one for each.
                ids.Add(_servedUnknownId);
            }
        }
    }
}
