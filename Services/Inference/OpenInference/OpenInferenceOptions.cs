using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.OpenInference;

/// <summary>Bounds of one request, on every wire.</summary>
public sealed class OpenInferenceOptions
{
    public const string Section = "OpenInference";

    /// <summary>Size of a request, bytes, also after decompression.</summary>
    [Range(1_024, 1 << 30)]
    public int MaxRequestBytes { get; set; } = 1 << 26;

    /// <summary>Inputs, and outputs asked for, of one request.</summary>
    [Range(1, 100_000)]
    public int MaxTensors { get; set; } = 1_000;

    /// <summary>Levels of arrays and objects in JSON.</summary>
    [Range(4, 1_000)]
    public int MaxJsonDepth { get; set; } = 32;
}

[OptionsValidator]
internal sealed partial class OpenInferenceOptionsValidator : IValidateOptions<OpenInferenceOptions>;
