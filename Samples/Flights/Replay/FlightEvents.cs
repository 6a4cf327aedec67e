using System.Buffers;
using System.Text.Json;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Flights.Data;
using Google.Protobuf;

namespace CloudNativeAi.Flights.Replay;

/// <summary>Rows of the data as events of the sample's sources (Definitions/sources.json).</summary>
internal static class FlightEvents
{
    public const string Departures = "departures";
    public const string Arrivals = "arrivals";
    public const string Weather = "weather";
    public const string Planes = "planes";

    /// <summary>Aircraft facts have no date in the data; this one lies before every flight.</summary>
    private static readonly long Registered = Instant.Parse("2000-01-01T00:00:00Z");

    public static Event Departure(Flight flight) => new()
    {
        Id = flight.Id,
        EventTimestampMicros = flight.Departure!.Value,
        Payload = Write(json =>
        {
            WriteFlight(json, flight);
            json.WriteString("dep_utc", Instant.Format(flight.Departure.Value));
            WriteNumber(json, "dep_delay", flight.DepartureDelay);
        }),
    };

    public static Event Arrival(Flight flight) => new()
    {
        Id = flight.Id,
        EventTimestampMicros = flight.Arrival!.Value,
        Payload = Write(json =>
        {
            WriteFlight(json, flight);
            json.WriteString("arr_utc", Instant.Format(flight.Arrival.Value));
            WriteNumber(json, "arr_delay", flight.ArrivalDelay);
        }),
    };

    public static Event WeatherReport(WeatherHour weather)
    {
        var id = $"{weather.Origin}-{Instant.Format(weather.Hour)}";
        return new Event
        {
            Id = id,
            EventTimestampMicros = weather.Hour,
            Payload = Write(json =>
            {
                json.WriteString("weather_id", id);
                json.WriteString("origin", weather.Origin);
                json.WriteString("hour_utc", Instant.Format(weather.Hour));
                WriteNumber(json, "temp", weather.Temperature);
                WriteNumber(json, "humid", weather.Humidity);
                WriteNumber(json, "wind_speed", weather.WindSpeed);
                WriteNumber(json, "wind_dir", weather.WindDirection);
                WriteNumber(json, "precip", weather.Precipitation);
                WriteNumber(json, "pressure", weather.Pressure);
                WriteNumber(json, "visib", weather.Visibility);
            }),
        };
    }

    public static Event PlaneFacts(Plane plane) => new()
    {
        Id = plane.TailNumber,
        EventTimestampMicros = Registered,
        Payload = Write(json =>
        {
            json.WriteString("tailnum", plane.TailNumber);
            json.WriteString("registered_utc", Instant.Format(Registered));
            WriteNumber(json, "year_built", plane.YearBuilt);
            WriteText(json, "manufacturer", plane.Manufacturer);
            WriteText(json, "model", plane.Model);
            WriteNumber(json, "engines", plane.Engines);
            WriteNumber(json, "seats", plane.Seats);
        }),
    };

    private static void WriteFlight(Utf8JsonWriter json, Flight flight)
    {
        json.WriteString("flight_id", flight.Id);
        json.WriteString("origin", flight.Origin);
        json.WriteString("dest", flight.Destination);
        WriteText(json, "carrier", flight.Carrier);
        WriteText(json, "flight_number", flight.FlightNumber);
        WriteText(json, "tailnum", flight.TailNumber);
        json.WriteString("sched_dep_utc", Instant.Format(flight.ScheduledDeparture));
        json.WriteNumber("distance", flight.Distance);
    }

    private static ByteString Write(Action<Utf8JsonWriter> writeFields)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            writeFields(json);
            json.WriteEndObject();
        }

        return ByteString.CopyFrom(buffer.WrittenSpan);
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is null)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is null)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteNumber(name, value.Value);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long? value)
    {
        if (value is null)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteNumber(name, value.Value);
        }
    }
}
