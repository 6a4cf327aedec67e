using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Flights.Data;

namespace CloudNativeAi.Flights.Replay;

/// <summary>An event and the instant at which the outside world knows it.</summary>
internal readonly record struct KnownEvent(long KnownAt, string Source, Event Event);

/// <summary>A flight whose prediction is asked for, or whose label becomes known, at an instant.</summary>
internal readonly record struct FlightMoment(long At, Flight Flight);

/// <summary>What the outside world says and asks, each in the order in which it becomes known.</summary>
internal sealed class Timeline
{
    /// <summary>A prediction is asked for this long before the scheduled departure.</summary>
    public const long PredictionLead = Instant.Hour;

    private readonly List<KnownEvent> _events = [];
    private readonly List<FlightMoment> _predictions = [];
    private readonly List<FlightMoment> _labels = [];

    public Timeline(FlightData data)
    {
        foreach (var plane in data.Planes)
        {
            _events.Add(new KnownEvent(0, FlightEvents.Planes, FlightEvents.PlaneFacts(plane)));
        }

        foreach (var hour in data.Weather)
        {
            _events.Add(new KnownEvent(hour.Hour + Instant.Hour, FlightEvents.Weather, FlightEvents.WeatherReport(hour)));
        }

        foreach (var flight in data.Flights)
        {
            _predictions.Add(new FlightMoment(flight.ScheduledDeparture - PredictionLead, flight));

            if (flight.Departure is { } departure)
            {
                _events.Add(new KnownEvent(departure, FlightEvents.Departures, FlightEvents.Departure(flight)));
            }

            if (flight.Arrival is { } arrival)
            {
                _events.Add(new KnownEvent(arrival, FlightEvents.Arrivals, FlightEvents.Arrival(flight)));
                if (flight.IsLate is not null)
                {
                    _labels.Add(new FlightMoment(arrival, flight));
                }
            }
        }

        _events.Sort((left, right) => Compare(left.KnownAt, left.Event.Id, right.KnownAt, right.Event.Id));
        _predictions.Sort(Compare);
        _labels.Sort(Compare);
        End = Math.Max(_events[^1].KnownAt, _predictions[^1].At);
    }

    /// <summary>The last instant at which something happens.</summary>
    public long End { get; }

    /// <summary>Events known in (after, until], in that order.</summary>
    public IEnumerable<KnownEvent> Events(long after, long until) => Between(_events, static known => known.KnownAt, after, until);

    public IEnumerable<FlightMoment> Predictions(long after, long until) => Between(_predictions, static moment => moment.At, after, until);

    public IEnumerable<FlightMoment> Labels(long after, long until) => Between(_labels, static moment => moment.At, after, until);

    private static IEnumerable<T> Between<T>(List<T> sorted, Func<T, long> at, long after, long until)
    {
        for (var index = FirstAfter(sorted, at, after); index < sorted.Count && at(sorted[index]) <= until; index++)
        {
            yield return sorted[index];
        }
    }

    private static int FirstAfter<T>(List<T> sorted, Func<T, long> at, long instant)
    {
        var (low, high) = (0, sorted.Count);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = at(sorted[middle]) <= instant ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static int Compare(FlightMoment left, FlightMoment right) => Compare(left.At, left.Flight.Id, right.At, right.Flight.Id);

    private static int Compare(long leftAt, string leftId, long rightAt, string rightId) =>
        leftAt != rightAt ? leftAt.CompareTo(rightAt) : string.CompareOrdinal(leftId, rightId);
}
