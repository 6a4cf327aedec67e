namespace CloudNativeAi.Flights.Data;

/// <summary>Chooses the rows: a folder that was named, else real flights from a package, else the generator.</summary>
internal static class FlightDataSource
{
    public static async Task<FlightData> ReadAsync(string? directory, string cacheDirectory, int seed, CancellationToken cancellationToken)
    {
        if (directory is not null)
        {
            return Directory.Exists(directory)
                ? CsvFlights.Read(directory)
                : throw new DirectoryNotFoundException($"The folder '{directory}' given with --data does not exist.");
        }

        return await VegaFlights.TryReadAsync(cacheDirectory, cancellationToken) ?? GeneratedFlights.Generate(seed);
    }
}
