namespace CloudNativeAi.Monitoring.Drift;

/// <summary>Two-sided two-sample Kolmogorov-Smirnov test.</summary>
internal static class KolmogorovSmirnov
{
    // The exact p-value takes sizes' product steps; above this the asymptotic one is as good.
    private const long ExactUpTo = 100_000_000;

    public static (double Statistic, double PValue) Test(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        var statistic = Statistic(first, second);
        var pValue = (long)first.Length * second.Length <= ExactUpTo
            ? ExactPValue(statistic, first.Length, second.Length)
            : AsymptoticPValue(statistic, first.Length, second.Length);

        return (statistic, pValue);
    }

    public static double Statistic(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        var x = Samples.Sorted(first);
        var y = Samples.Sorted(second);

        var (i, j, largest) = (0, 0, 0.0);
        while (i < x.Length && j < y.Length)
        {
            var value = Math.Min(x[i], y[j]);
            while (i < x.Length && x[i] <= value)
            {
                i++;
            }

            while (j < y.Length && y[j] <= value)
            {
                j++;
            }

            largest = Math.Max(largest, Math.Abs(((double)i / x.Length) - ((double)j / y.Length)));
        }

        return largest;
    }

    /// <summary>P(D >= statistic) for two samples of one continuous distribution: counts the lattice paths that stay inside.</summary>
    public static double ExactPValue(double statistic, int firstSize, int secondSize)
    {
        var (m, n) = firstSize <= secondSize ? (firstSize, secondSize) : (secondSize, firstSize);
        var product = (double)m * n;
        // A path must stay strictly below the statistic, which is a multiple of 1/(mn): half a step under it, safe from rounding.
        var limit = (0.5 + Math.Floor((statistic * product) - 1e-7)) / product;

        var inside = new double[n + 1];
        for (var j = 0; j <= n; j++)
        {
            inside[j] = (double)j / n > limit ? 0 : 1;
        }

        for (var i = 1; i <= m; i++)
        {
            var share = (double)i / m;
            var weight = (double)i / (i + n);
            inside[0] = share > limit ? 0 : weight * inside[0];
            for (var j = 1; j <= n; j++)
            {
                inside[j] = Math.Abs(share - ((double)j / n)) > limit ? 0 : (weight * inside[j]) + inside[j - 1];
            }
        }

        return Math.Clamp(1 - inside[n], 0, 1);
    }

    public static double AsymptoticPValue(double statistic, int firstSize, int secondSize)
    {
        var scaled = statistic * Math.Sqrt((double)firstSize * secondSize / ((double)firstSize + secondSize));
        if (scaled < 0.2)
        {
            return 1;
        }

        var sum = 0.0;
        for (var k = 1; k <= 100; k++)
        {
            var term = Math.Exp(-2 * k * k * scaled * scaled);
            sum += k % 2 == 1 ? term : -term;
            if (term < 1e-17)
            {
                break;
            }
        }

        return Math.Clamp(2 * sum, 0, 1);
    }
}
