using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace CloudNativeAi.Monitoring.PredictionLog;

/// <summary>Where a page ended: the next one has what is older.</summary>
internal sealed record PagePosition(long CreatedMicros, string PredictionId)
{
    private const int MaxTokenLength = 1_024;

    public static readonly PagePosition Newest = new(long.MaxValue, "");

    public string ToToken() =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{CreatedMicros}:{PredictionId}")));

    /// <summary>Null for a token that this service did not make.</summary>
    public static PagePosition? Parse(string token)
    {
        if (token.Length == 0)
        {
            return Newest;
        }

        if (token.Length > MaxTokenLength || !Base64Url.IsValid(token))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token));
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            && long.TryParse(text.AsSpan(0, colon), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var micros)
            && Validation.Rules.Id("page_token", text[(colon + 1)..]) is null
                ? new PagePosition(micros, text[(colon + 1)..])
                : null;
    }
}
