using System.Globalization;

namespace CloudNativeAi.Benchmarks;

/// <summary>Loads services until they compile little any more, as they would have after a minute of work.</summary>
internal static class WarmUp
{
    private const int MethodsPerSecond = 15;

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(16);

    /// <param name="load">Works for the time it is given.</param>
    public static async Task RunAsync(IReadOnlyList<ServiceProcess> services, Func<TimeSpan, Task> load, CancellationToken cancellationToken)
    {
        var compiled = await CompiledAsync(services, cancellationToken);
        for (var spent = TimeSpan.Zero; spent < Longest; spent += Step)
        {
            await load(Step);
            var now = await CompiledAsync(services, cancellationToken);
            if (spent > Step && now - compiled < MethodsPerSecond * Step.TotalSeconds)
            {
                break;
            }

            compiled = now;
        }
    }

    /// <summary>A counter of the runtime's, without tags.</summary>
    public static async Task<double> CounterAsync(ServiceProcess service, string name, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = service.Http };
        var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), cancellationToken);
        var line = metrics.Split('\n').Single(line => line.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line[(line.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
    }

    private static async Task<double> CompiledAsync(IReadOnlyList<ServiceProcess> services, CancellationToken cancellationToken)
    {
        double sum = 0;
        foreach (var service in services)
        {
            sum += await CounterAsync(service, "dotnet_jit_compiled_methods_total", cancellationToken);
        }

        return sum;
    }
}
