using CloudNativeAi.Contracts.OpenInference;

namespace CloudNativeAi.Inference.OpenInference;

/// <summary>The parameters of a request that mean something here; the names that servers keep for themselves are refused.</summary>
internal static class InferParameters
{
    private const string Timeout = "timeout";
    private const string EmptyFinalResponse = "triton_enable_empty_final_response";

    /// <summary>The queue timeout, or null.</summary>
    /// <exception cref="InferenceException">A reserved name, or a timeout that is none.</exception>
    public static TimeSpan? ReadTimeout(IDictionary<string, InferParameter> parameters)
    {
        TimeSpan? timeout = null;
        foreach (var (name, value) in parameters)
        {
            CheckName(name);
            if (name == Timeout)
            {
                timeout = ToTimeout(value.ParameterChoiceCase switch
                {
                    InferParameter.ParameterChoiceOneofCase.Int64Param => value.Int64Param,
                    InferParameter.ParameterChoiceOneofCase.Uint64Param => (long)Math.Min(value.Uint64Param, long.MaxValue),
                    _ => -1,
                });
            }
        }

        return timeout;
    }

    public static void CheckName(string name)
    {
        if (name == "headers" || (name.StartsWith("triton_", StringComparison.Ordinal) && name != EmptyFinalResponse))
        {
            throw InferenceException.Invalid($"parameter keys starting with 'triton_' and 'headers' are reserved for the server, and '{name}' is one");
        }
    }

    /// <param name="microseconds">0: no limit.</param>
    public static TimeSpan? ToTimeout(long microseconds) => microseconds switch
    {
        < 0 => throw InferenceException.Invalid("the parameter 'timeout' is a whole number of microseconds, 0 or more"),
        0 => null,
        _ => TimeSpan.FromMicroseconds(Math.Min(microseconds, TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond)),
    };
}
