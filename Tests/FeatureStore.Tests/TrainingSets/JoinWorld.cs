using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Events;
using CloudNativeAi.FeatureStore.Transformations;

namespace CloudNativeAi.FeatureStore.Tests.TrainingSets;

/// <summary>An entity row: a key, either part of which may be missing, and the instant to join at.</summary>
internal readonly record struct JoinRow(string? Airline, long? Flight, long Timestamp);

/// <summary>
/// Random events, views and entity rows made to collide: few instants and keys, so that ties, duplicates, late events, ages at the
/// time to live and missing keys are common. With a join written as plainly as possible to compare with.
/// </summary>
internal sealed class JoinWorld
{
    public const long Origin = 1_400_000_000_000_000;
    private const int ArrivalsOfKey = 3;
    private const long Step = 100 * Second;
    private const long Second = 1_000_000;

    private static readonly string[] Airlines = ["AA", "A'\"A", "Zürich 𝄞"];

    private readonly Random _random;

    public JoinWorld(int seed, bool backfilled, int eventCount = 60, int rowCount = 50)
    {
        Seed = seed;
        _random = new Random(seed);
        var delay = backfilled ? _random.Next(3) * Step : 0;
        Schema = new SourceSchema(
            "flights",
            [
                new SchemaField("carrier", ValueType.String, true),
                new SchemaField("number", ValueType.Int64, true),
                new SchemaField("delay", ValueType.Double, true),
                new SchemaField("seats", ValueType.Int64, true),
                new SchemaField("gate", ValueType.String, true),
                new SchemaField("late", ValueType.Bool, true),
                new SchemaField("scheduled", ValueType.Timestamp, true),
            ],
            backfilled,
            delay);
        Events = NewEvents(eventCount);
        JoinKey[] carrier = [new JoinKey("airline", ValueType.String, "carrier")];
        JoinKey[] both = [new JoinKey("airline", ValueType.String, "carrier"), new JoinKey("flight", ValueType.Int64, "number")];
        LatestFeature[] latest =
        [
            new("delay", "delay", ValueType.Double), new("seats", "seats", ValueType.Int64), new("gate", "gate", ValueType.String),
            new("late", "late", ValueType.Bool), new("scheduled", "scheduled", ValueType.Timestamp),
        ];
        Definitions = new FeatureDefinitionSet(
            1, "", [],
            [
                new FeatureView("last", "carrier", carrier, "flights", 0, latest, [], "", ""),
                new FeatureView("recent", "flight", both, "flights", Ttl, latest, [], "", ""),
                new FeatureView("windows", "carrier", carrier, "flights", 0, [], Windows(5 * 60, 20 * 60, 3_600), "", ""),
                new FeatureView("both_windows", "flight", both, "flights", Ttl, [], Windows(15 * 60, 13 * 3_600, 20 * 86_400), "", ""),
            ],
            [], []);
        Service = new FeatureService(
            "all", "",
            [.. Definitions.FeatureViews.SelectMany(view => view.Features.Select(feature => new FeatureReference(view.Name, feature.Name, feature.Type)))],
            [new EntityKey("airline", ValueType.String), new EntityKey("flight", ValueType.Int64)],
            [], []);
        Rows = [.. Enumerable.Range(0, rowCount).Select(_ => NewRow())];
    }

    public static long Ttl => 3 * Step;

    public int Seed { get; }

    public SourceSchema Schema { get; }

    public EventColumns Events { get; }

    public FeatureDefinitionSet Definitions { get; }

    public FeatureService Service { get; }

    public IReadOnlyList<JoinRow> Rows { get; }

    /// <summary>A row for each key that events have, all at one instant.</summary>
    public static IReadOnlyList<JoinRow> RowsAt(long timestamp) =>
        [.. Airlines.SelectMany(airline => new long[] { 0, 1 }.Select(flight => new JoinRow(airline, flight, timestamp)))];

    /// <summary>
    /// The events, and then for each key more that all become known at one instant: of a live source some that happened then and some that
    /// arrive late, of a backfilled one what was written long before and what is written long after.
    /// </summary>
    public EventColumns WithArrivals(long knownMicros)
    {
        var arrivals = NewEvents(Airlines.Length * 2 * ArrivalsOfKey, Events.Count + 1);
        for (var row = 0; row < arrivals.Count; row++)
        {
            var kind = row % ArrivalsOfKey;
            (arrivals.EventTimestamps[row], arrivals.CreatedTimestamps[row]) = (Schema.Backfilled, kind) switch
            {
                (true, _) => (knownMicros - Schema.AvailabilityDelayMicros, knownMicros + ((kind - 1) * 1_000 * Step)),
                (false, 0) => (knownMicros, knownMicros),
                (false, 1) => (knownMicros, knownMicros - Step),
                _ => (knownMicros - (2 * Step), knownMicros),
            };
            var key = row / ArrivalsOfKey;
            (arrivals.Fields[0].IsNull[row], arrivals.Fields[0].Strings[row]) = (false, Airlines[key / 2]);
            (arrivals.Fields[1].IsNull[row], arrivals.Fields[1].Int64s[row]) = (false, key % 2);
        }

        return EventColumns.Concat([Events, arrivals]);
    }

    /// <summary>What a view says about a row, by reading every event.</summary>
    public FeatureValue[] Expected(FeatureView view, JoinRow row)
    {
        var usable = Enumerable.Range(0, Events.Count)
            .Where(index => HasKey(view, row, index) && Events.KnownMicros(index) <= row.Timestamp && Events.EventTimestamps[index] <= row.Timestamp)
            .ToArray();
        if (view.IsWindowed)
        {
            // The online store's state, fed in the order of the log as the stream feeds it.
            var state = new WindowState(WindowLayout.Create(view, Schema));
            foreach (var index in usable)
            {
                state.Apply(Events, index);
            }

            var values = new FeatureValue[view.Windowed.Count];
            state.Evaluate(row.Timestamp, values);
            return values;
        }

        if (usable.Length == 0)
        {
            return [.. view.Latest.Select(feature => FeatureValue.NotFound(feature.Type))];
        }

        var newest = usable.MaxBy(index => (Events.EventTimestamps[index], Events.CreatedTimestamps[index], Events.Positions[index]));
        var eventTimestamp = Events.EventTimestamps[newest];
        return [.. view.Latest.Select(feature =>
        {
            var column = Events.Fields[Schema.IndexOf(feature.Field)];
            if (column.IsNull[newest])
            {
                return FeatureValue.Null(feature.Type, eventTimestamp);
            }

            var value = feature.Type switch
            {
                ValueType.String => FeatureValue.OfText(column.Strings[newest]!, eventTimestamp),
                ValueType.Double => FeatureValue.OfDouble(column.Doubles[newest] == 0 ? 0.0 : column.Doubles[newest], eventTimestamp),
                ValueType.Bool => FeatureValue.OfInt64(feature.Type, column.Bools[newest] ? 1 : 0, eventTimestamp),
                _ => FeatureValue.OfInt64(feature.Type, column.Int64s[newest], eventTimestamp),
            };
            // Inclusive at the time to live.
            return view.TtlMicros == 0 || eventTimestamp >= row.Timestamp - view.TtlMicros ? value : value with { Status = FeatureStatus.OutsideMaxAge };
        })];
    }

    private static WindowedFeature[] Windows(params long[] seconds) =>
    [
        .. seconds.Select(window => Feature("count", null, WindowFunction.Count, window, ValueType.Int64)),
        .. seconds.Select(window => Feature("delay_count", "delay", WindowFunction.Count, window, ValueType.Int64)),
        .. seconds.Select(window => Feature("delay_sum", "delay", WindowFunction.Sum, window, ValueType.Double)),
        .. seconds.Select(window => Feature("delay_mean", "delay", WindowFunction.Mean, window, ValueType.Double)),
        .. seconds.Select(window => Feature("delay_stddev", "delay", WindowFunction.StdDev, window, ValueType.Double)),
        .. seconds.Select(window => Feature("delay_min", "delay", WindowFunction.Min, window, ValueType.Double)),
        .. seconds.Select(window => Feature("seats_max", "seats", WindowFunction.Max, window, ValueType.Int64)),
        .. seconds.Select(window => Feature("seats_sum", "seats", WindowFunction.Sum, window, ValueType.Double)),
        .. seconds.Select(window => Feature("gate_last", "gate", WindowFunction.Last, window, ValueType.String)),
        .. seconds.Select(window => Feature("scheduled_last", "scheduled", WindowFunction.Last, window, ValueType.Timestamp)),
        .. seconds.Select(window => Feature("gate_distinct", "gate", WindowFunction.DistinctCount, window, ValueType.Int64)),
    ];

    private static WindowedFeature Feature(string name, string? field, WindowFunction function, long seconds, ValueType type) =>
        new($"{name}_{seconds}s", field, function, seconds * Second, TileWidths.For(seconds * Second), type);

    private bool HasKey(FeatureView view, JoinRow row, int index)
    {
        var (carrier, number) = (Events.Fields[0], Events.Fields[1]);
        var sameCarrier = row.Airline is not null && !carrier.IsNull[index] && carrier.Strings[index] == row.Airline;
        return view.JoinKeys.Count == 1
            ? sameCarrier
            : sameCarrier && row.Flight is not null && !number.IsNull[index] && number.Int64s[index] == row.Flight;
    }

    private EventColumns NewEvents(int count, long firstPosition = 1)
    {
        var events = new EventColumns
        {
            Schema = Schema,
            Count = count,
            Positions = [.. Enumerable.Range(0, count).Select(row => firstPosition + row)],
            EventIds = [.. Enumerable.Range(0, count).Select(row => $"e{firstPosition + row}")],
            EventTimestamps = new long[count],
            CreatedTimestamps = new long[count],
            Fields = [.. Schema.Fields.Select(field => new EventColumn(field.Type, count))],
        };
        for (var row = 0; row < count; row++)
        {
            events.EventTimestamps[row] = NewInstant();
            events.CreatedTimestamps[row] = _random.Next(3) switch
            {
                0 => events.EventTimestamps[row],
                // Late, and sometimes by exactly as much as another.
                1 => events.EventTimestamps[row] + (_random.Next(8) * Step),
                _ => NewInstant(),
            };
            foreach (var field in events.Fields)
            {
                field.IsNull[row] = _random.Next(7) == 0;
            }

            events.Fields[0].Strings[row] = events.Fields[0].IsNull[row] ? null : NewAirline();
            events.Fields[1].Int64s[row] = _random.Next(2);
            events.Fields[2].Doubles[row] = _random.Next(6) switch
            {
                0 => -0.0,
                1 => 1e17,
                2 => -1e17,
                3 => 0.1 * _random.Next(10),
                4 => Math.ScaleB(_random.NextDouble(), -300),
                _ => (_random.NextDouble() * 100) - 50,
            };
            events.Fields[3].Int64s[row] = _random.NextInt64(-5, 5) * (_random.Next(10) == 0 ? long.MaxValue / 8 : 1);
            events.Fields[4].Strings[row] = events.Fields[4].IsNull[row] ? null : $"gate 𝄞{_random.Next(4)}";
            events.Fields[5].Bools[row] = _random.Next(2) == 0;
            events.Fields[6].Int64s[row] = NewInstant();
        }

        return events;
    }

    private JoinRow NewRow()
    {
        // Instants at which something may change, and one microsecond beside them.
        var index = _random.Next(Events.Count);
        var around = _random.Next(6) switch
        {
            0 => Events.EventTimestamps[index],
            1 => Events.KnownMicros(index),
            2 => Events.EventTimestamps[index] + Ttl,
            3 => Events.KnownMicros(index) + (5 * 60 * Second),
            4 => Events.EventTimestamps[index] + (_random.Next(200) * Step),
            _ => NewInstant(),
        };
        return new(_random.Next(12) == 0 ? null : _random.Next(12) == 0 ? "nobody" : NewAirline(), _random.Next(10) == 0 ? null : _random.Next(3), around + _random.Next(-1, 2));
    }

    private long NewInstant() => Origin + (_random.Next(40) * Step);

    private string NewAirline() => Airlines[_random.Next(Airlines.Length)];
}
