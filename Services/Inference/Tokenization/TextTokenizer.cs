namespace CloudNativeAi.Inference.Tokenization;

/// <summary>Text to token ids, without special tokens: a text that spells one gets the ids of its characters. Safe for concurrent use.</summary>
internal abstract class TextTokenizer
{
    /// <summary>The greatest id that it can give.</summary>
    public abstract int MaxId { get; }

    /// <param name="text">Valid UTF-16.</param>
    public abstract IReadOnlyList<int> Encode(string text);

    /// <summary>The id of a token of the vocabulary, special ones included; null: there is none.</summary>
    public abstract int? IdOf(string token);
}
