using System.Globalization;
using CloudNativeAi.Inference.Telemetry;
using Microsoft.Extensions.Options;
using Microsoft.ML.OnnxRuntime;

namespace CloudNativeAi.Inference.Models;

/// <summary>Decides once what models run on: the one asked for where this build and machine have it, else by policy.</summary>
internal sealed partial class ExecutionProvider
{
    private const string Cpu = "cpu";
    private readonly ExecutionProviderOptions _options;

    public ExecutionProvider(IOptions<ExecutionProviderOptions> options, InferenceMetrics metrics, ILogger<ExecutionProvider> logger)
    {
        _options = options.Value;
        var problem = FindProblem();
        if (problem is null)
        {
            Name = _options.Name;
        }
        else if (_options.Policy == "require")
        {
            Name = "none";
            UnmetRequirement = $"ExecutionProvider:Policy is require, but {problem}";
            LogUnmet(logger, UnmetRequirement);
        }
        else
        {
            Name = Cpu;
            IsFallback = true;
            LogFallback(logger, _options.Name, problem);
        }

        metrics.ObserveExecutionProvider(Name, IsFallback);
    }

    /// <summary>cpu, cuda, tensorrt, or none.</summary>
    public string Name { get; }

    public bool IsCpu => Name == Cpu;

    /// <summary>Another one was preferred.</summary>
    public bool IsFallback { get; }

    /// <summary>Why nothing can be served; null when something can.</summary>
    public string? UnmetRequirement { get; }

    public SessionOptions CreateSessionOptions(int intraOpThreads)
    {
        if (UnmetRequirement is not null)
        {
            throw new InferenceException(InferenceErrorKind.Unavailable, UnmetRequirement);
        }

        var session = new SessionOptions
        {
            IntraOpNumThreads = intraOpThreads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        Append(session);
        return session;
    }

    private string? FindProblem()
    {
        if (_options.Name == Cpu)
        {
            return null;
        }

        var wanted = _options.Name == "cuda" ? "CUDAExecutionProvider" : "TensorrtExecutionProvider";
        var available = OrtEnv.Instance().GetAvailableProviders();
        if (!available.Contains(wanted))
        {
            return $"this build's ONNX Runtime has only {string.Join(", ", available)}; build with -p:OnnxRuntime=Gpu for {_options.Name}";
        }

        try
        {
            using var trial = new SessionOptions();
            Append(trial, _options.Name);
            return null;
        }
        catch (OnnxRuntimeException exception)
        {
            return $"{_options.Name} cannot be used on this machine: {exception.Message}";
        }
    }

    private void Append(SessionOptions session) => Append(session, Name);

    private void Append(SessionOptions session, string name)
    {
        if (name is not ("cuda" or "tensorrt"))
        {
            return;
        }

        if (name == "tensorrt")
        {
            using var tensorRt = new OrtTensorRTProviderOptions();
            tensorRt.UpdateOptions(new Dictionary<string, string> { ["device_id"] = Invariant(_options.DeviceId) });
            session.AppendExecutionProvider_Tensorrt(tensorRt);
        }

        using var cuda = new OrtCUDAProviderOptions();
        // The default doubles the arena and gives nothing back when a model goes.
        var settings = new Dictionary<string, string> { ["device_id"] = Invariant(_options.DeviceId), ["arena_extend_strategy"] = "kSameAsRequested" };
        if (_options.GpuMemoryLimitBytes > 0)
        {
            settings["gpu_mem_limit"] = Invariant(_options.GpuMemoryLimitBytes);
        }

        cuda.UpdateOptions(settings);
        session.AppendExecutionProvider_CUDA(cuda);
    }

    private static string Invariant(long value) => value.ToString(CultureInfo.InvariantCulture);

    [LoggerMessage(LogLevel.Warning, "Models run on the CPU although {Wanted} is preferred: {Problem}")]
    private static partial void LogFallback(ILogger logger, string wanted, string problem);

    [LoggerMessage(LogLevel.Critical, "No model can be served: {Reason}")]
    private static partial void LogUnmet(ILogger logger, string reason);
}
