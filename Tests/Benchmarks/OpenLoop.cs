using System.Diagnostics;
using CloudNativeAi.Benchmarks.Wire;

namespace CloudNativeAi.Benchmarks;

/// <summary>
/// Sends at given instants whatever becomes of what was sent before, as many clients do that do not know each other; latencies count from the
/// instant a request should have been sent, so that neither a late server nor a late client hides its lateness.
/// </summary>
internal static class OpenLoop
{
    public static double[] Uniform(double perSecond, TimeSpan duration) =>
        [.. Enumerable.Range(0, (int)(perSecond * duration.TotalSeconds)).Select(i => i / perSecond)];

    /// <summary>A Poisson process: the gaps are exponential.</summary>
    public static double[] Poisson(double perSecond, TimeSpan duration, int seed)
    {
        var random = new Random(seed);
        var instants = new List<double>();
        for (var at = 0.0; at < duration.TotalSeconds; at -= Math.Log(1 - random.NextDouble()) / perSecond)
        {
            instants.Add(at);
        }

        return [.. instants];
    }

    /// <param name="instants">Seconds after the start, ascending.</param>
    /// <param name="call">Gets the number of the request; false when the server refused it.</param>
    /// <returns>Microseconds of each request that was answered, sorted.</returns>
    public static async Task<List<double>> RunAsync(double[] instants, Func<int, Task<bool>> call)
    {
        var answers = new Task<double?>[instants.Length];
        await Task.Factory.StartNew(() => Send(instants, answers, call), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var latencies = (await Task.WhenAll(answers)).OfType<double>().ToList();
        latencies.Sort();
        return latencies;
    }

    private static void Send(double[] instants, Task<double?>[] answers, Func<int, Task<bool>> call)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < instants.Length; i++)
        {
            var due = started + (long)(instants[i] * Stopwatch.Frequency);
            LinuxThread.SleepUntil(due);
            var number = i;
            answers[i] = Task.Run(async () => await call(number) ? Stopwatch.GetElapsedTime(due).TotalMicroseconds : (double?)null);
        }
    }
}
