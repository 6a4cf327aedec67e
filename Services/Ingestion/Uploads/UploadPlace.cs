using CloudNativeAi.Ingestion.EventLog;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>Where a body is read on.</summary>
/// <param name="Offset">Bytes of whole records before it, as UTF-8 and decompressed; of a Parquet file: rows.</param>
/// <param name="Line">Lines before it; 0 where there are none.</param>
internal readonly record struct UploadPlace(long Offset, long Line);

/// <summary>How a CSV body is read once its header has passed.</summary>
/// <param name="Columns">The name of each column.</param>
internal sealed record CsvLayout(byte Delimiter, IReadOnlyList<string> Columns);

/// <summary>How far an upload is: what a later request goes on from.</summary>
/// <param name="Kept">What became of the rows so far.</param>
internal sealed record UploadProgress(UploadPlace Place, CsvLayout? Csv, AppendResult Kept)
{
    public static readonly UploadProgress Start = new(default, null, default);

    /// <summary>Rows: each has become one of the three.</summary>
    public long Received => Kept.Accepted + Kept.Duplicates + Kept.DeadLettered;
}
