namespace CloudNativeAi.Benchmarks;

/// <summary>
/// Measures two things in turns, A B A B, and compares them pair by pair: machines are noisy, and what slows one of a pair slows the other.
/// Every second pair begins with B.
/// </summary>
internal static class Pairs
{
    /// <param name="pairs">After one pair of warm-up, which does not count.</param>
    /// <param name="measureOurs">Returns a rate or a duration.</param>
    /// <param name="prepare">Runs before each pair.</param>
    public static async Task<Comparison> MeasureAsync(
        int pairs,
        Func<CancellationToken, Task<double>> measureOurs,
        Func<CancellationToken, Task<double>> measureCeiling,
        CancellationToken cancellationToken,
        Func<Task>? prepare = null)
    {
        List<(double Ours, double Ceiling)> measured = [];
        for (var pair = 0; pair <= pairs; pair++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (prepare is not null)
            {
                await prepare();
            }

            double ours, ceiling;
            if (pair % 2 == 0)
            {
                ours = await measureOurs(cancellationToken);
                ceiling = await measureCeiling(cancellationToken);
            }
            else
            {
                ceiling = await measureCeiling(cancellationToken);
                ours = await measureOurs(cancellationToken);
            }

            Console.WriteLine($"{(pair == 0 ? "warm-up" : $"pair {pair}")}: ours {ours:N0}, ceiling {ceiling:N0}, ratio {ours / ceiling:N3}");
            if (pair > 0)
            {
                measured.Add((ours, ceiling));
            }
        }

        return new Comparison(
            Median(measured.Select(pair => pair.Ours / pair.Ceiling)), Median(measured.Select(pair => pair.Ours)), Median(measured.Select(pair => pair.Ceiling)));
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

/// <summary>Medians over the pairs; the ratio is the median of the pairs' ratios.</summary>
internal readonly record struct Comparison(double Ratio, double Ours, double Ceiling);
