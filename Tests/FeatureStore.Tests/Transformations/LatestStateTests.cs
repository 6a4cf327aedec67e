using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Transformations;
using CsCheck;

namespace CloudNativeAi.FeatureStore.Tests.Transformations;

public sealed class LatestStateTests
{
    private const long Ttl = Durations.Hour;

    private static readonly FeatureView View = new(
        "origin_latest", "origin", [new JoinKey("origin", ValueType.String, "origin")], "departures", Ttl,
        [new LatestFeature("dep_delay", "dep_delay", ValueType.Double), new LatestFeature("seats", "seats", ValueType.Int64), new LatestFeature("gate", "gate", ValueType.String)],
        [], "", "");

    // Few instants, so that ties of event and created timestamps are common.
    private static readonly Gen<FeatureEvent[]> Events = Gen.Select(
        Gen.Long[0, 60], Gen.Long[-5, 90], Gen.Int[0, 5], Gen.Int[0, 5],
        (minute, late, delay, gate) => new FeatureEvent(
            0, FeatureEvents.Start + (minute * Durations.Minute), FeatureEvents.Start + ((minute + late) * Durations.Minute), "SEA",
            delay == 0 ? null : delay, null, gate == 0 ? null : $"G{gate}"))
        .Array[0, 40].Select(events => events.Select((item, index) => item with { Position = index + 1 }).ToArray());

    private static readonly Gen<long> AsOf = Gen.Long[-10, 200].Select(minute => FeatureEvents.Start + (minute * Durations.Minute));

    [Fact]
    public void Values_equal_those_of_a_look_at_every_event_or_are_declared_unknown() => Gen.Select(Events, AsOf, Gen.Bool, Gen.Int, Gen.Int[1, 7], Gen.Int[0, 90]).Sample(
        (events, asOf, backfilled, seed, batch, historyMinutes) =>
        {
            var schema = backfilled ? FeatureEvents.Backfilled : FeatureEvents.Live;
            var history = historyMinutes * Durations.Minute;
            var shuffled = events.ToArray();
            new Random(seed).Shuffle(shuffled);
            var layout = LatestLayout.Create(View, schema);
            KeyState streamed = new LatestState(layout);
            foreach (var part in shuffled.Chunk(batch))
            {
                Apply(streamed, part, schema);
                streamed.TrimToHistory(history);
                var reader = new PackedReader(Bytes(streamed));
                streamed = new LatestState(layout);
                streamed.Read(ref reader, KeyState.Format);
            }

            var once = new LatestState(layout);
            Apply(once, events, schema);
            once.TrimToHistory(history);
            Assert.Equal(Bytes(once), Bytes(streamed));

            var values = new FeatureValue[3];
            streamed.Evaluate(asOf, values);
            var newest = events.MaxBy(item => (item.EventTimestamp, item.Created, item.Position));
            for (var i = 0; i < values.Length; i++)
            {
                // Only what was trimmed away may be unknown: never the newest event of all once it is known.
                if (values[i].Status == FeatureStatus.Invalid)
                {
                    Assert.True(newest is null || asOf < schema.KnownMicros(newest.EventTimestamp, newest.Created));
                    continue;
                }

                Assert.Equal(Expected(events, schema, asOf, i), values[i]);
            }
        },
        iter: 2_000);

    [Theory]
    [InlineData(0, FeatureStatus.Present)]
    [InlineData(1, FeatureStatus.OutsideMaxAge)]
    public void Time_to_live_is_inclusive_and_the_value_is_returned_all_the_same(long beyondTtl, FeatureStatus expected)
    {
        var state = new LatestState(LatestLayout.Create(View, FeatureEvents.Live));
        Apply(state, [new FeatureEvent(1, FeatureEvents.Start, FeatureEvents.Start, "SEA", 7, null, null)], FeatureEvents.Live);
        var values = new FeatureValue[3];

        state.Evaluate(FeatureEvents.Start + Ttl + beyondTtl, values);

        Assert.Equal(expected, values[0].Status);
        Assert.Equal(7, values[0].Double);
        Assert.Equal(FeatureStatus.NullValue, values[1].Status);
    }

    [Fact]
    public void Without_a_time_to_live_a_value_never_grows_old()
    {
        var state = new LatestState(LatestLayout.Create(View with { TtlMicros = 0 }, FeatureEvents.Live));
        Apply(state, [new FeatureEvent(1, FeatureEvents.Start, FeatureEvents.Start, "SEA", 7, null, null)], FeatureEvents.Live);
        var values = new FeatureValue[3];

        state.Evaluate(FeatureEvents.Start + (3_650 * Durations.Day), values);

        Assert.Equal(FeatureStatus.Present, values[0].Status);
    }

    [Fact]
    public void The_newest_versions_are_kept_for_reads_of_the_recent_past()
    {
        var events = Enumerable.Range(1, 20)
            .Select(i => new FeatureEvent(i, FeatureEvents.Start + (i * Durations.Minute), FeatureEvents.Start + (i * Durations.Minute), "SEA", i, null, null))
            .ToArray();
        var state = new LatestState(LatestLayout.Create(View, FeatureEvents.Live));
        Apply(state, events, FeatureEvents.Live);
        var values = new FeatureValue[3];

        for (var i = 20; i > 20 - LatestState.MaxVersions; i--)
        {
            state.Evaluate(FeatureEvents.Start + (i * Durations.Minute), values);
            Assert.Equal(i, values[0].Double);
        }

        state.Evaluate(FeatureEvents.Start + ((20 - LatestState.MaxVersions) * Durations.Minute), values);
        Assert.Equal(FeatureStatus.Invalid, values[0].Status);
    }

    private static FeatureValue Expected(FeatureEvent[] events, SourceSchema schema, long asOf, int feature)
    {
        var type = View.Latest[feature].Type;
        var found = events
            .Where(item => item.EventTimestamp <= asOf && schema.KnownMicros(item.EventTimestamp, item.Created) <= asOf)
            .OrderByDescending(item => (item.EventTimestamp, item.Created, item.Position))
            .FirstOrDefault();
        if (found is null)
        {
            return FeatureValue.NotFound(type);
        }

        object? value = feature switch { 0 => found.Delay, 1 => found.Seats, _ => found.Gate };
        var status = found.EventTimestamp >= asOf - Ttl ? FeatureStatus.Present : FeatureStatus.OutsideMaxAge;
        return value switch
        {
            null => FeatureValue.Null(type, found.EventTimestamp),
            double number => FeatureValue.OfDouble(number, found.EventTimestamp) with { Status = status },
            string text => FeatureValue.OfText(text, found.EventTimestamp) with { Status = status },
            _ => FeatureValue.OfInt64(type, (long)value, found.EventTimestamp) with { Status = status },
        };
    }

    private static void Apply(KeyState state, FeatureEvent[] events, SourceSchema schema)
    {
        var columns = events.ToColumns(schema);
        for (var row = 0; row < columns.Count; row++)
        {
            state.Apply(columns, row);
        }
    }

    private static byte[] Bytes(KeyState state)
    {
        var writer = new PackedWriter();
        state.Write(writer);
        return writer.Written.ToArray();
    }
}
