using System.Text.Json;
using CloudNativeAi.Flights.Data;
using CloudNativeAi.Flights.Replay;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.EndToEnd.Tests.Flights;

/// <summary>The outside world must not tell anything before it knows it.</summary>
public sealed class TimelineTests
{
    private static readonly FlightData Generated = GeneratedFlights.Generate(seed: 1, days: 20, flightsPerDay: 60);

    [Fact]
    public void Events_come_in_the_order_in_which_they_became_known()
    {
        var timeline = new Timeline(Generated);

        var known = timeline.Events(-1, timeline.End).Select(item => item.KnownAt).ToList();

        Assert.Equal(known.Order(), known);
        Assert.Equal(
            Generated.Planes.Count + Generated.Weather.Count + (2 * Generated.Flights.Count),
            known.Count);
    }

    [Fact]
    public void Slices_cover_everything_once()
    {
        var timeline = new Timeline(Generated);
        var whole = timeline.Events(-1, timeline.End).Select(item => (item.Source, item.Event.Id)).ToList();

        var sliced = new List<(string, string)>();
        for (long after = -1, until; after < timeline.End; after = until)
        {
            until = Math.Min(after < 0 ? Generated.HistoryUntil : after + Replayer.Step, timeline.End);
            sliced.AddRange(timeline.Events(after, until).Select(item => (item.Source, item.Event.Id)));
        }

        Assert.Equal(whole, sliced);
    }

    [Fact]
    public void A_prediction_is_asked_one_hour_before_the_scheduled_departure_and_labelled_at_the_arrival()
    {
        var timeline = new Timeline(Generated);

        Assert.All(timeline.Predictions(-1, timeline.End), moment => Assert.Equal(moment.Flight.ScheduledDeparture - Instant.Hour, moment.At));
        Assert.All(timeline.Labels(-1, timeline.End), moment => Assert.Equal(moment.Flight.Arrival, moment.At));
    }

    [Fact]
    public void Weather_is_known_when_its_hour_is_over()
    {
        var timeline = new Timeline(Generated);

        var reports = timeline.Events(-1, timeline.End).Where(item => item.Source == FlightEvents.Weather);

        Assert.All(reports, report => Assert.Equal(report.Event.EventTimestampMicros + Instant.Hour, report.KnownAt));
    }

    [Fact]
    public void The_generator_gives_the_same_flights_for_the_same_seed()
    {
        var again = GeneratedFlights.Generate(seed: 1, days: 20, flightsPerDay: 60);
        var other = GeneratedFlights.Generate(seed: 2, days: 20, flightsPerDay: 60);

        Assert.Equal(Generated.Flights, again.Flights);
        Assert.NotEqual(Generated.Flights, other.Flights);
    }

    [Fact]
    public void Real_rows_are_read_whole()
    {
        var data = CsvFlights.Read(Repository.SharedData("flights-pnw"));

        Assert.Equal(123_382, data.Flights.Count + 743);
        Assert.Equal(13_086, data.Weather.Count);
        Assert.Equal(2_573, data.Planes.Count);
        Assert.Equal("2014-08-01T00:00:00Z", Instant.Format(data.HistoryUntil));
        Assert.Equal(0.148, data.Flights.Count(flight => flight.IsLate is true) / (double)data.Flights.Count(flight => flight.IsLate is not null), 0.001);
    }

    [Fact]
    public void Payloads_are_json_with_the_fields_of_their_source()
    {
        var flight = Generated.Flights[0];

        using var departure = JsonDocument.Parse(FlightEvents.Departure(flight).Payload.Memory);
        using var arrival = JsonDocument.Parse(FlightEvents.Arrival(flight).Payload.Memory);

        Assert.Equal(flight.DepartureDelay, departure.RootElement.GetProperty("dep_delay").GetDouble());
        Assert.Equal(Instant.Format(flight.ScheduledDeparture), departure.RootElement.GetProperty("sched_dep_utc").GetString());
        Assert.False(departure.RootElement.TryGetProperty("arr_delay", out _));
        Assert.Equal(flight.ArrivalDelay, arrival.RootElement.GetProperty("arr_delay").GetDouble());
        Assert.False(arrival.RootElement.TryGetProperty("dep_delay", out _));
    }
}
