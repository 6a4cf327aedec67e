using System.Text.Json;
using CloudNativeAi.Modeling;
using Microsoft.ML.Tokenizers;

namespace CloudNativeAi.Inference.Tokenization;

/// <summary>GPT-2's and RoBERTa's: words and their bytes, joined pair by pair in the order of merges.txt. Every text has tokens; none is unknown.</summary>
internal sealed class BytePairTextTokenizer : TextTokenizer
{
    private readonly bool _addPrefixSpace;
    private readonly bool _lowercase;
    private readonly BpeTokenizer _pairs;
    private readonly Dictionary<string, int> _vocabulary;

    /// <exception cref="InferenceException">The files are no vocabulary and merges, or do not belong together.</exception>
    public BytePairTextTokenizer(string vocabularyPath, string mergesPath, TokenizerSignature signature)
    {
        _addPrefixSpace = signature.AddPrefixSpace;
        _lowercase = signature.IsLowercase;
        try
        {
            _vocabulary = JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllBytes(vocabularyPath)) ?? [];
            _pairs = BpeTokenizer.Create(new BpeOptions(vocabularyPath, mergesPath) { ByteLevel = true, PreTokenizer = new BytePairPreTokenizer() });
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            throw TokenizerFilesReader.Refused(
                $"{Path.GetFileName(vocabularyPath)} and {Path.GetFileName(mergesPath)} are no vocabulary (a JSON object of tokens and ids) and merges (two tokens a line) that belong together: {exception.Message}");
        }

        if (_vocabulary.Count == 0)
        {
            throw TokenizerFilesReader.Refused($"{Path.GetFileName(vocabularyPath)} is empty");
        }

        MaxId = _vocabulary.Values.Max();
    }

    public override int MaxId { get; }

    public override IReadOnlyList<int> Encode(string text)
    {
        text = _lowercase ? LowerCase.Of(text) : text;
        return _pairs.EncodeToIds(_addPrefixSpace && text is not ("" or [' ', ..]) ? $" {text}" : text, considerPreTokenization: true, considerNormalization: false);
    }

    public override int? IdOf(string token) => _vocabulary.TryGetValue(token, out var id) ? id : null;
}
