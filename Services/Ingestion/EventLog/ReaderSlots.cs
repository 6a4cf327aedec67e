using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>Bounds the number of open readers.</summary>
internal sealed class ReaderSlots(IOptions<EventLogOptions> options) : Slots(options.Value.MaxReaders);
