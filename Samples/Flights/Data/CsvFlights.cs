using System.Globalization;
using System.IO.Compression;
using Sylvan.Data.Csv;

namespace CloudNativeAi.Flights.Data;

/// <summary>Reads a folder of flights*.csv, weather*.csv and planes*.csv (plain or .gz) in the schema of nycflights13 with UTC instants added.</summary>
internal static class CsvFlights
{
    public static FlightData Read(string directory)
    {
        var flights = ReadAll(directory, "flights", ReadFlight).OfType<Flight>().OrderBy(flight => flight.ScheduledDeparture).ToList();
        if (flights.Count == 0)
        {
            throw new InvalidDataException($"The folder '{directory}' has no flights*.csv or flights*.csv.gz with rows.");
        }

        // Seven of nine months are history in the data this reads; the same share of any other range.
        var first = flights[0].ScheduledDeparture;
        var last = flights[^1].ScheduledDeparture;
        var firstOfAugust2014 = Instant.Parse("2014-08-01T00:00:00Z");
        var historyUntil = first < firstOfAugust2014 && last > firstOfAugust2014 ? firstOfAugust2014 : first + ((last - first) / 9 * 7);

        return new FlightData(
            $"the flights in {directory}",
            flights,
            ReadAll(directory, "weather", ReadWeather),
            ReadAll(directory, "planes", ReadPlane),
            historyUntil);
    }

    private static List<T> ReadAll<T>(string directory, string prefix, Func<CsvDataReader, T> read)
    {
        var rows = new List<T>();
        foreach (var path in Directory.GetFiles(directory, $"{prefix}*.csv*").Order(StringComparer.Ordinal))
        {
            using var file = File.OpenRead(path);
            using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
            using var text = new StreamReader(stream);
            using var csv = CsvDataReader.Create(text);
            while (csv.Read())
            {
                rows.Add(read(csv));
            }
        }

        return rows;
    }

    // Cancelled flights have no scheduled departure in the source, so there is nothing to predict.
    private static Flight? ReadFlight(CsvDataReader csv) => Text(csv, "sched_dep_utc") is not { } scheduled
        ? null
        : new Flight(
            csv.GetString(csv.GetOrdinal("flight_id")),
            Instant.Parse(scheduled),
            InstantOf(csv, "dep_utc"),
            InstantOf(csv, "arr_utc"),
            Text(csv, "carrier"),
            Text(csv, "flight"),
            Text(csv, "tailnum"),
            csv.GetString(csv.GetOrdinal("origin")),
            csv.GetString(csv.GetOrdinal("dest")),
            Number(csv, "dep_delay"),
            Number(csv, "arr_delay"),
            Number(csv, "distance") ?? 0);

    private static WeatherHour ReadWeather(CsvDataReader csv) => new(
        csv.GetString(csv.GetOrdinal("origin")),
        Instant.Parse(csv.GetString(csv.GetOrdinal("hour_utc"))),
        Number(csv, "temp"),
        Number(csv, "humid"),
        Number(csv, "wind_speed"),
        Number(csv, "wind_dir"),
        Number(csv, "precip"),
        Number(csv, "pressure"),
        Number(csv, "visib"));

    private static Plane ReadPlane(CsvDataReader csv) => new(
        csv.GetString(csv.GetOrdinal("tailnum")),
        (long?)Number(csv, "year"),
        Text(csv, "manufacturer"),
        Text(csv, "model"),
        (long?)Number(csv, "engines"),
        (long?)Number(csv, "seats"));

    private static long? InstantOf(CsvDataReader csv, string column) => Text(csv, column) is { } text ? Instant.Parse(text) : null;

    private static string? Text(CsvDataReader csv, string column)
    {
        var text = csv.GetString(csv.GetOrdinal(column));
        return text.Length == 0 || text == "NA" ? null : text;
    }

    private static double? Number(CsvDataReader csv, string column) =>
        Text(csv, column) is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : null;
}
