using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Models;

/// <summary>What models run on.</summary>
public sealed class ExecutionProviderOptions
{
    public const string Section = "ExecutionProvider";

    /// <summary><c>cpu</c>, <c>cuda</c> or <c>tensorrt</c>. Default: cuda in a build with -p:OnnxRuntime=Gpu, else cpu.</summary>
#if ONNX_RUNTIME_GPU
    [AllowedValues("cpu", "cuda", "tensorrt")]
    public string Name { get; set; } = "cuda";
#else
    [AllowedValues("cpu", "cuda", "tensorrt")]
    public string Name { get; set; } = "cpu";
#endif

    /// <summary><c>prefer</c>: without it, run on the CPU and warn once. <c>require</c>: without it, be not ready and serve nothing.</summary>
    [AllowedValues("prefer", "require")]
    public string Policy { get; set; } = "prefer";

    /// <summary>Number of the GPU.</summary>
    [Range(0, 255)]
    public int DeviceId { get; set; }

    /// <summary>Limit of ONNX Runtime's GPU arena, bytes; 0: none.</summary>
    [Range(0, long.MaxValue)]
    public long GpuMemoryLimitBytes { get; set; }
}

[OptionsValidator]
internal sealed partial class ExecutionProviderOptionsValidator : IValidateOptions<ExecutionProviderOptions>;
