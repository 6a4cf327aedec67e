using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>How the event log is kept and read.</summary>
public sealed class EventLogOptions
{
    public const string Section = "EventLog";

    /// <summary>Days for which partitions are made ahead of time.</summary>
    [Range(1, 60)]
    public int PartitionsAhead { get; set; } = 7;

    /// <summary>
    /// Whole days older than this are dropped, with their event ids: a resend of a dropped event is a new event. Unset: nothing is ever dropped.
    /// </summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "36500.00:00:00")]
    public TimeSpan? Retention { get; set; }

    /// <summary>
    /// The oldest days are dropped, as by <see cref="Retention"/>, until the rest, with its indexes, has at most this many bytes. Today is
    /// kept however large it is. Unset: the log may grow.
    /// </summary>
    [Range(1024 * 1024, long.MaxValue)]
    public long? RetentionBytes { get; set; }

    /// <summary>Time between two rounds of making and dropping partitions.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MaintenanceInterval { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a following reader waits for a notification before it looks by itself.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Streams of ReadEvents open at a time; one more is RESOURCE_EXHAUSTED.</summary>
    [Range(1, 10_000)]
    public int MaxReaders { get; set; } = 256;

    /// <summary>Payload bytes in one message of ReadEvents, about; one event may be larger.</summary>
    [Range(64 * 1024, 16 * 1024 * 1024)]
    public int MaxMessageBytes { get; set; } = 4 * 1024 * 1024;
}

[OptionsValidator]
internal sealed partial class EventLogOptionsValidator : IValidateOptions<EventLogOptions>;
