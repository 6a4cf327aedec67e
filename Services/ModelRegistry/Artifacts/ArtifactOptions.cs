using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.ModelRegistry.Artifacts;

/// <summary>What a model version may consist of, and how long its upload may take.</summary>
public sealed class ArtifactOptions
{
    public const string Section = "Artifacts";

    /// <summary>Files of one version.</summary>
    [Range(1, 10_000)]
    public int MaxFiles { get; set; } = 256;

    /// <summary>Size of one file, bytes.</summary>
    [Range(1, long.MaxValue)]
    public long MaxFileBytes { get; set; } = 4L * 1024 * 1024 * 1024;

    /// <summary>Size of all files of one version together, bytes.</summary>
    [Range(1, long.MaxValue)]
    public long MaxVersionBytes { get; set; } = 8L * 1024 * 1024 * 1024;

    /// <summary>Uploads at one time; one more is refused with RESOURCE_EXHAUSTED.</summary>
    [Range(1, 1_000)]
    public int MaxConcurrentUploads { get; set; } = 16;

    /// <summary>Longest time from the header to the last byte of an upload.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan UploadTimeout { get; set; } = TimeSpan.FromMinutes(30);
}

[OptionsValidator]
internal sealed partial class ArtifactOptionsValidator : IValidateOptions<ArtifactOptions>;
