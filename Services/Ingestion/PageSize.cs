namespace CloudNativeAi.Ingestion;

/// <summary>How many items a page of a list may have.</summary>
internal static class PageSize
{
    public const int Default = 100;
    public const int Max = 1_000;

    public static readonly string Fault = $"page_size is between 1 and {Max}, or 0 for {Default}";

    /// <summary>What a gRPC request asks for, where 0 is the default; null: <see cref="Fault"/>.</summary>
    public static int? Of(int requested) => requested switch
    {
        0 => Default,
        >= 1 and <= Max => requested,
        _ => null,
    };
}
