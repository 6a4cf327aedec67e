using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Batching;

namespace CloudNativeAi.Inference.OpenInference;

/// <summary>The parameters that mean something here, of both wires; the names that servers keep for themselves are refused.</summary>
internal static class InferParameters
{
    public const string BinaryDataSize = "binary_data_size";
    public const string BinaryData = "binary_data";
    public const string BinaryDataOutput = "binary_data_output";
    public const string SharedMemoryRegion = "shared_memory_region";

    private const string Timeout = "timeout";
    private const string Priority = "priority";
    private const string ClassificationCount = "classification";
    private const string EmptyFinalResponse = "triton_enable_empty_final_response";

    /// <summary>Of a request: how it may wait.</summary>
    /// <exception cref="InferenceException">A reserved name, or a timeout or priority that is none.</exception>
    public static Queueing ReadQueueing(IDictionary<string, InferParameter> parameters)
    {
        foreach (var name in parameters.Keys)
        {
            if (name == "headers" || (name.StartsWith("triton_", StringComparison.Ordinal) && name != EmptyFinalResponse))
            {
                throw InferenceException.Invalid($"parameter keys starting with 'triton_' and 'headers' are reserved for the server, and '{name}' is one");
            }
        }

        TimeSpan? timeout = Number(parameters, Timeout) switch
        {
            null or 0 => null,
            { } microseconds => TimeSpan.FromMicroseconds(Math.Min(microseconds, TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond)),
        };
        return new Queueing(timeout, (int)Math.Min(Number(parameters, Priority) ?? 0, int.MaxValue));
    }

    /// <summary>Of a requested output: how many classes to name instead of giving the values; 0: none.</summary>
    public static int ReadClassification(string output, IDictionary<string, InferParameter> parameters)
    {
        RefuseSharedMemory($"output '{output}'", parameters);
        return Number(parameters, ClassificationCount) switch
        {
            null => 0,
            > 0 and var count => (int)Math.Min(count, int.MaxValue),
            _ => throw InferenceException.Invalid($"the parameter '{ClassificationCount}' of output '{output}' must be 1 or more"),
        };
    }

    /// <exception cref="InferenceException">The tensor is in shared memory, which this server does not read.</exception>
    public static void RefuseSharedMemory(string what, IDictionary<string, InferParameter> parameters)
    {
        if (parameters.ContainsKey(SharedMemoryRegion))
        {
            throw InferenceException.Unsupported($"{what} names a shared memory region; this server does not serve the shared memory extensions");
        }
    }

    /// <summary>Null: it is not there.</summary>
    /// <exception cref="InferenceException">It is no whole number, or negative.</exception>
    public static long? Number(IDictionary<string, InferParameter> parameters, string name)
    {
        if (!parameters.TryGetValue(name, out var value))
        {
            return null;
        }

        var number = value.ParameterChoiceCase switch
        {
            InferParameter.ParameterChoiceOneofCase.Int64Param => value.Int64Param,
            InferParameter.ParameterChoiceOneofCase.Uint64Param => (long)Math.Min(value.Uint64Param, long.MaxValue),
            _ => -1,
        };
        return number >= 0 ? number : throw InferenceException.Invalid($"the parameter '{name}' must be a whole number, 0 or more");
    }

    /// <summary>Null: it is not there.</summary>
    /// <exception cref="InferenceException">It is neither true nor false.</exception>
    public static bool? Flag(IDictionary<string, InferParameter> parameters, string name)
    {
        if (!parameters.TryGetValue(name, out var value))
        {
            return null;
        }

        return value.HasBoolParam ? value.BoolParam : throw InferenceException.Invalid($"the parameter '{name}' must be true or false");
    }
}
