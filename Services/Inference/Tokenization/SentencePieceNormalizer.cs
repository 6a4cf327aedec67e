using System.Text;

namespace CloudNativeAi.Inference.Tokenization;

/// <summary>
/// SentencePiece's own normalization (normalizer.cc): the model's character map, as a rule NFKC, then white space. It is done
/// here because Microsoft.ML.Tokenizers leaves the map out.
/// </summary>
internal sealed class SentencePieceNormalizer(SentencePieceModel model)
{
    private readonly CharacterMap _map = new(model.CharacterMap);
    private readonly byte[] _space = model.EscapeWhiteSpaces ? "▁"u8.ToArray() : " "u8.ToArray();

    /// <param name="text">Valid UTF-16.</param>
    /// <returns>In the alphabet of the model's pieces; empty: the text has none.</returns>
    public string Normalize(string text)
    {
        var mapped = Map(Encoding.UTF8.GetBytes(text));
        var rest = mapped.AsSpan();
        if (model.RemoveExtraWhiteSpaces)
        {
            rest = rest.Trim((byte)' ');
        }

        if (rest.IsEmpty)
        {
            return "";
        }

        var normalized = new List<byte>(rest.Length + 8);
        if (model.AddDummyPrefix && !model.TreatWhiteSpaceAsSuffix)
        {
            normalized.AddRange(_space);
        }

        for (var i = 0; i < rest.Length; i++)
        {
            if (rest[i] != (byte)' ')
            {
                normalized.Add(rest[i]);
            }
            else if (!model.RemoveExtraWhiteSpaces || rest[i - 1] != (byte)' ')
            {
                normalized.AddRange(_space);
            }
        }

        if (model.AddDummyPrefix && model.TreatWhiteSpaceAsSuffix)
        {
            normalized.AddRange(_space);
        }

        return Encoding.UTF8.GetString([.. normalized]);
    }

    private byte[] Map(ReadOnlySpan<byte> text)
    {
        var mapped = new List<byte>(text.Length);
        while (!text.IsEmpty)
        {
            var length = _map.Match(text, out var result);
            if (length > 0)
            {
                mapped.AddRange(result);
            }
            else
            {
                Rune.DecodeFromUtf8(text, out _, out length);
                mapped.AddRange(text[..length]);
            }

            text = text[length..];
        }

        return [.. mapped];
    }
}
