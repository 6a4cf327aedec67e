namespace CloudNativeAi.Flights.Data;

/// <summary>One flight. Instants are microseconds since 1970-01-01T00:00:00Z, delays minutes (negative = early), distance miles.</summary>
internal sealed record Flight(
    string Id,
    long ScheduledDeparture,
    long? Departure,
    long? Arrival,
    string? Carrier,
    string? FlightNumber,
    string? TailNumber,
    string Origin,
    string Destination,
    double? DepartureDelay,
    double? ArrivalDelay,
    double Distance)
{
    /// <summary>More than this many minutes late at arrival counts as late.</summary>
    public const double LateAfterMinutes = 15;

    public bool? IsLate => Arrival is null || ArrivalDelay is null ? null : ArrivalDelay > LateAfterMinutes;
}

/// <summary>The weather at an airport in one hour; the hour is known when it is over.</summary>
internal sealed record WeatherHour(
    string Origin, long Hour, double? Temperature, double? Humidity, double? WindSpeed, double? WindDirection, double? Precipitation, double? Pressure, double? Visibility);

/// <summary>Static facts of an aircraft.</summary>
internal sealed record Plane(string TailNumber, long? YearBuilt, string? Manufacturer, string? Model, long? Engines, long? Seats);

/// <summary>Everything the outside world will say, before it is put on a time line.</summary>
/// <param name="Description">Where the rows come from, for people.</param>
/// <param name="HistoryUntil">Events known before this instant are history; the rest is replayed.</param>
internal sealed record FlightData(
    string Description, IReadOnlyList<Flight> Flights, IReadOnlyList<WeatherHour> Weather, IReadOnlyList<Plane> Planes, long HistoryUntil);
