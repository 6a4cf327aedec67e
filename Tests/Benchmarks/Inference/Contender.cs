using CloudNativeAi.Benchmarks.Wire;

namespace CloudNativeAi.Benchmarks.Inference;

/// <summary>One of those measured side by side, and what each round found of it.</summary>
/// <param name="key">In the last line.</param>
/// <param name="run">Keeps requests in flight for so long.</param>
/// <param name="processorTime">Of the server.</param>
internal sealed class Contender(string key, string what, Func<TimeSpan, Task<Answers>> run, Func<TimeSpan> processorTime)
{
    public string Key { get; } = key;

    public string What { get; } = what;

    public List<double> PerSecond { get; } = [];

    /// <summary>Microseconds.</summary>
    public List<double> P99 { get; } = [];

    /// <summary>Microseconds a request.</summary>
    public List<double> Processor { get; } = [];

    public Task WarmUpAsync(TimeSpan duration) => run(duration);

    public async Task MeasureAsync(TimeSpan duration)
    {
        var before = processorTime();
        var answers = await run(duration);
        if (answers.Failed > 0)
        {
            throw new InvalidOperationException($"{What}: {answers.Failed} requests failed.");
        }

        PerSecond.Add(answers.PerSecond);
        P99.Add(answers.P99);
        Processor.Add((processorTime() - before).TotalMicroseconds / answers.Latencies.Count);
    }

    /// <summary>The median of the rounds' ratios.</summary>
    public static double Ratio(List<double> ours, List<double> theirs) => Pairs.Median(ours.Zip(theirs, (our, their) => our / their));
}
