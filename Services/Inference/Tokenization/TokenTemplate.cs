using System.Globalization;

namespace CloudNativeAi.Inference.Tokenization;

/// <summary>
/// Where special tokens go around one text or two, in the form of Hugging Face's TemplateProcessing: tokens and <c>$A</c>,
/// <c>$B</c>, parted by spaces, each with a type id behind a colon (else 0), such as <c>[CLS] $A [SEP] $B:1 [SEP]:1</c>.
/// </summary>
internal sealed class TokenTemplate
{
    private readonly List<Part> _parts = [];

    private TokenTemplate()
    {
    }

    /// <summary>Tokens that are there whatever the text is.</summary>
    public int SpecialCount => _parts.Count(part => part.Text is null);

    /// <param name="texts">How many there are: 1 or 2.</param>
    /// <exception cref="InferenceException">A token is not in the vocabulary, or a text is not there exactly once.</exception>
    public static TokenTemplate Parse(string template, int texts, Func<string, int?> idOf)
    {
        var parsed = new TokenTemplate();
        foreach (var word in template.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, type) = SplitType(word);
            int? text = name switch
            {
                "$" or "$A" => 0,
                "$B" => 1,
                _ => null,
            };
            var id = text is not null
                ? 0
                : idOf(name) ?? throw TokenizerFilesReader.Refused($"its template '{template}' has the token '{name}', which the vocabulary has not");
            parsed._parts.Add(new Part(id, text, type));
        }

        for (var text = 0; text < 2; text++)
        {
            if (parsed._parts.Count(part => part.Text == text) != (text < texts ? 1 : 0))
            {
                throw TokenizerFilesReader.Refused($"its template '{template}' must have {(texts == 1 ? "$A once, and no $B" : "$A and $B once each")}");
            }
        }

        return parsed;
    }

    /// <summary>Writes the sequence from the start of each span; what follows it there is not touched.</summary>
    /// <returns>Its tokens.</returns>
    public int Write(ReadOnlySpan<int> first, ReadOnlySpan<int> second, Span<long> ids, Span<long> types)
    {
        var written = 0;
        foreach (var part in _parts)
        {
            if (part.Text is not { } text)
            {
                (ids[written], types[written]) = (part.Id, part.Type);
                written++;
                continue;
            }

            foreach (var id in text == 0 ? first : second)
            {
                (ids[written], types[written]) = (id, part.Type);
                written++;
            }
        }

        return written;
    }

    private static (string Name, int Type) SplitType(string word) =>
        word.LastIndexOf(':') is > 0 and var colon && int.TryParse(word.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var type)
            ? (word[..colon], type)
            : (word, 0);

    /// <param name="Text">0 or 1: that text; null: the token <paramref name="Id"/>.</param>
    private readonly record struct Part(int Id, int? Text, int Type);
}
