using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.UploadJobs;

/// <summary>How many upload jobs there may be, and for how long.</summary>
public sealed class UploadJobOptions
{
    public const string Section = "UploadJobs";

    /// <summary>Jobs of one source that may be open at a time; one more is turned away.</summary>
    [Range(1, 100_000)]
    public int MaxOpen { get; set; } = 1_000;

    /// <summary>Bytes of one job at most, after decompression.</summary>
    [Range(1_024, 1L << 50)]
    public long MaxBytes { get; set; } = 1L << 40;

    /// <summary>An open job that nothing was heard of for this long has failed.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromDays(1);

    /// <summary>An ended job can be looked up for this long.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Time between two rounds of looking for jobs that are over.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MaintenanceInterval { get; set; } = TimeSpan.FromMinutes(10);
}

[OptionsValidator]
internal sealed partial class UploadJobOptionsValidator : IValidateOptions<UploadJobOptions>;
