namespace CloudNativeAi.Benchmarks;

/// <summary>A hot path against its ceiling.</summary>
internal interface IBenchmark
{
    /// <summary>Measures, says what it does on the console, and returns the figures of the last line, <c>ratio</c> first.</summary>
    /// <param name="quick">End within 50 seconds.</param>
    Task<IReadOnlyDictionary<string, double>> RunAsync(bool quick, CancellationToken cancellationToken);
}
