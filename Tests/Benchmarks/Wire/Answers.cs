namespace CloudNativeAi.Benchmarks.Wire;

/// <summary>What became of requests.</summary>
/// <param name="Latencies">Microseconds of those that were answered, sorted.</param>
/// <param name="Failed">Those that were answered with an error.</param>
/// <param name="Elapsed">From the first request to the last answer.</param>
internal sealed record Answers(List<double> Latencies, int Failed, TimeSpan Elapsed)
{
    public double PerSecond => Latencies.Count / Elapsed.TotalSeconds;

    /// <summary>Microseconds.</summary>
    public double P99 => Latencies.Count > 0 ? Latencies[Latencies.Count * 99 / 100] : throw new InvalidOperationException("No request was answered.");

    public static Answers Of(IEnumerable<List<double>> parts, int failed, TimeSpan elapsed)
    {
        var latencies = parts.SelectMany(part => part).ToList();
        latencies.Sort();
        return new Answers(latencies, failed, elapsed);
    }
}
