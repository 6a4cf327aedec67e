using System.Text.Json;
using System.Text.Json.Serialization;

namespace CloudNativeAi.Modeling;

/// <summary>Kinds of tokenizers, by the files that define them.</summary>
public enum TokenizerType
{
    /// <summary>BERT's: basic tokenization, then the longest pieces of vocab.txt.</summary>
    Wordpiece,

    /// <summary>Byte-level byte pair encoding as GPT-2 and RoBERTa have it: vocab.json and merges.txt.</summary>
    Bpe,

    /// <summary>A SentencePiece model, unigram or BPE, with its own normalization.</summary>
    Sentencepiece,
}

/// <summary>To what length the texts of a request are padded.</summary>
public enum TokenPadding
{
    /// <summary>The longest text of the request.</summary>
    Longest,

    /// <summary>Always max_length: what a model of a fixed length needs.</summary>
    MaxLength,
}

/// <summary>
/// How the server makes the token tensors of a text model out of strings. The words are those of Hugging Face's tokenizers; a
/// member that is not known, or that means nothing for the type, is refused.
/// </summary>
/// <param name="MaxLength">Tokens of one text or pair, with its special tokens; at least one more than those.</param>
/// <param name="Files">The version's files that hold the vocabulary; null: those of the usual names.</param>
/// <param name="Lowercase">Null: true for wordpiece, else false.</param>
/// <param name="StripAccents">Of wordpiece only; null: as <paramref name="Lowercase"/>.</param>
/// <param name="AddPrefixSpace">Of bpe only: the first word is a word like the others.</param>
/// <param name="PadToMultipleOf">With longest padding, the length is rounded up to a multiple of this, at most max_length.</param>
/// <param name="Truncation">A text that is too long is cut, of a pair the longer one first; false: it is refused.</param>
/// <param name="Text">Name of the input of BYTES that requests give instead of the token tensors.</param>
/// <param name="TextPair">Name of the input of the second texts; null: there is none.</param>
/// <param name="Single">Where special tokens go around a text $A, such as <c>[CLS] $A [SEP]</c>; null: BERT's for wordpiece, else none.</param>
/// <param name="Pair">The same for a pair, with type ids: <c>[CLS] $A [SEP] $B:1 [SEP]:1</c>.</param>
/// <param name="PadToken">Null: [PAD] for wordpiece, else &lt;pad&gt;.</param>
/// <param name="UnkToken">Of wordpiece only; null: [UNK].</param>
/// <param name="IdOffset">Of sentencepiece only: added to the model's own ids, as in XLM-RoBERTa.</param>
/// <param name="SpecialTokens">Of sentencepiece only: ids of tokens that the model file does not have, or has under other ids.</param>
/// <param name="Inputs">Which inputs of model.onnx get the tokens; null: those of the usual names.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TokenizerSignature(
    TokenizerType Type,
    int MaxLength,
    TokenizerFiles? Files = null,
    bool? Lowercase = null,
    bool? StripAccents = null,
    bool AddPrefixSpace = false,
    TokenPadding Padding = TokenPadding.Longest,
    int PadToMultipleOf = 1,
    bool Truncation = false,
    string Text = "text",
    string? TextPair = null,
    string? Single = null,
    string? Pair = null,
    string? PadToken = null,
    string? UnkToken = null,
    int IdOffset = 0,
    IReadOnlyDictionary<string, int>? SpecialTokens = null,
    TokenInputs? Inputs = null)
{
    /// <summary>Largest <see cref="MaxLength"/>.</summary>
    public const int LengthLimit = 100_000;

    public bool IsLowercase => Lowercase ?? Type == TokenizerType.Wordpiece;

    /// <exception cref="JsonException">A member is out of its range, or means nothing for the type.</exception>
    public void Check()
    {
        Require(MaxLength is >= 1 and <= LengthLimit, $"max_length is {MaxLength}; it must be 1 to {LengthLimit} tokens");
        Require(PadToMultipleOf >= 1 && PadToMultipleOf <= MaxLength, $"pad_to_multiple_of is {PadToMultipleOf}; it must be 1 to max_length, {MaxLength}");
        Require(PadToMultipleOf == 1 || Padding == TokenPadding.Longest, "pad_to_multiple_of is for longest padding");
        Require(Text.Length > 0 && TextPair is not "" && TextPair != Text, "text and text_pair must be two different names");
        Require(Pair is null || TextPair is not null, "pair is for two texts, and text_pair names no second input");
        Require(StripAccents is null || Type == TokenizerType.Wordpiece, "strip_accents is for wordpiece");
        Require(UnkToken is null || Type == TokenizerType.Wordpiece, "unk_token is for wordpiece; the other types have their own");
        Require(!AddPrefixSpace || Type == TokenizerType.Bpe, "add_prefix_space is for bpe");
        Require(IdOffset >= 0 && (IdOffset == 0 || Type == TokenizerType.Sentencepiece), "id_offset is for sentencepiece, and 0 or more");
        Require(SpecialTokens is null || Type == TokenizerType.Sentencepiece, "special_tokens is for sentencepiece; the tokens of the other types are in their vocabulary");
        Require(SpecialTokens is null || SpecialTokens.Values.All(id => id >= 0), "special_tokens must be 0 or more");
        Require(Files?.Vocabulary is null || Type != TokenizerType.Sentencepiece, "files.vocabulary is for wordpiece and bpe");
        Require(Files?.Merges is null || Type == TokenizerType.Bpe, "files.merges is for bpe");
        Require(Files?.Model is null || Type == TokenizerType.Sentencepiece, "files.model is for sentencepiece");
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new JsonException($"signature.json: tokenizer: {message}.");
        }
    }
}

/// <summary>Paths among the version's files.</summary>
/// <param name="Vocabulary">Null: vocab.txt for wordpiece, vocab.json for bpe.</param>
/// <param name="Merges">Null: merges.txt.</param>
/// <param name="Model">Null: tokenizer.model.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TokenizerFiles(string? Vocabulary = null, string? Merges = null, string? Model = null);

/// <summary>Inputs of model.onnx, all INT64 or INT32 [batch, tokens].</summary>
/// <param name="InputIds">Ids in the vocabulary.</param>
/// <param name="AttentionMask">1 for a token, 0 for padding; null: the model has none.</param>
/// <param name="TokenTypeIds">The type ids of the template, 0 for padding; null: the model has none.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TokenInputs(string InputIds = "input_ids", string? AttentionMask = null, string? TokenTypeIds = null);
