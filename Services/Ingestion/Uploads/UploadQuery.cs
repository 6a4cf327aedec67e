using CloudNativeAi.Contracts.Ingestion;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>The query parameters of an upload.</summary>
/// <param name="Delimiter">0: found in the header.</param>
internal sealed record UploadQuery(OnInvalid OnInvalid, byte Delimiter, string NullText)
{
    private const int MaxNullText = 32;

    public static UploadQuery? Parse(string? onInvalid, string? delimiter, string? nullText, out string fault)
    {
        OnInvalid? behaviour = onInvalid switch
        {
            null or "" or "reject" => OnInvalid.RejectBatch,
            "dead-letter" => OnInvalid.DeadLetter,
            _ => null,
        };
        byte? separator = delimiter switch
        {
            null or "" => 0,
            "tab" => (byte)'\t',
            [var character] when char.IsAscii(character) && character is not ('"' or '\r' or '\n' or '\0') => (byte)character,
            _ => null,
        };

        fault = (behaviour, separator, nullText) switch
        {
            (null, _, _) => "on_invalid is 'reject' or 'dead-letter'.",
            (_, null, _) => "delimiter is one ASCII character or 'tab'.",
            (_, _, { Length: > MaxNullText }) => $"null is at most {MaxNullText} characters long.",
            _ => "",
        };
        return fault.Length > 0 ? null : new UploadQuery(behaviour!.Value, separator!.Value, nullText ?? "");
    }
}
