using CloudNativeAi.Contracts.Ingestion;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>The query parameters of an upload.</summary>
/// <param name="Delimiter">0: found in the header.</param>
internal sealed record UploadQuery(OnInvalid OnInvalid, byte Delimiter, string NullText, CsvHeaderMode Header)
{
    private const int MaxNullText = 32;

    public static UploadQuery? Parse(string? onInvalid, string? delimiter, string? nullText, string? header, out string fault)
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

        CsvHeaderMode? headerMode = header switch
        {
            null or "" => CsvHeaderMode.Detect,
            "present" => CsvHeaderMode.Present,
            "absent" => CsvHeaderMode.Absent,
            _ => null,
        };

        fault = (behaviour, separator, nullText, headerMode) switch
        {
            (null, _, _, _) => "on_invalid is 'reject' or 'dead-letter'.",
            (_, null, _, _) => "delimiter is one ASCII character or 'tab'.",
            (_, _, _, null) => "header is 'present' or 'absent'.",
            (_, _, { Length: > MaxNullText }, _) => $"null is at most {MaxNullText} characters long.",
            _ => "",
        };
        return fault.Length > 0 ? null : new UploadQuery(behaviour!.Value, separator!.Value, nullText ?? "", headerMode!.Value);
    }
}
