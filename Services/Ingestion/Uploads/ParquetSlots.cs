using CloudNativeAi.Ingestion.Events;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>Bounds the Parquet files that are on disk and in work.</summary>
internal sealed class ParquetSlots(IOptions<IngestionOptions> options) : Slots(options.Value.MaxParquetReaders);

/// <summary>Too much is being read already; the client comes back later.</summary>
internal sealed class TooMuchInFlightException() : Exception("Too much is in flight; retry later.");
