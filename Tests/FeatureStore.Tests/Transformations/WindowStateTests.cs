using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Transformations;
using CsCheck;

namespace CloudNativeAi.FeatureStore.Tests.Transformations;

/// <summary>Batch equals stream, bit for bit, for every function and every width of tiles.</summary>
public sealed class WindowStateTests
{
    private const long Ttl = 2 * Durations.Hour;

    private static readonly FeatureView View = new(
        "origin_departures", "origin", [new JoinKey("origin", ValueType.String, "origin")], "departures", Ttl, [],
        [.. Features("dep_delay", ValueType.Double, [WindowFunction.Count, WindowFunction.Sum, WindowFunction.Mean, WindowFunction.Min, WindowFunction.Max, WindowFunction.StdDev, WindowFunction.Last, WindowFunction.DistinctCount]),
         .. Features("seats", ValueType.Int64, [WindowFunction.Sum, WindowFunction.Mean, WindowFunction.Min, WindowFunction.Max, WindowFunction.StdDev, WindowFunction.Last]),
         .. Features("gate", ValueType.String, [WindowFunction.Last, WindowFunction.DistinctCount, WindowFunction.Count]),
         .. Features(null, null, [WindowFunction.Count])],
        "", "");

    // Times crowd around tile edges; some events lie days away, some before 1970.
    private static readonly Gen<long> Time = Gen.Frequency(
        (5, Gen.Long[-200, 200].Select(minutes => FeatureEvents.Start + (minutes * Durations.Minute))),
        (3, Gen.Long[-40, 40].SelectMany(tiles => Gen.Long[-2, 2].Select(off => FloorToTile(FeatureEvents.Start) + (tiles * 5 * Durations.Minute) + off))),
        (2, Gen.Long[-60 * 24, 60 * 24].Select(hours => FeatureEvents.Start + (hours * Durations.Hour))),
        (1, Gen.Long[-100, 100].Select(minutes => minutes * Durations.Minute)));

    private static readonly Gen<FeatureEvent> Event = Gen.Select(
        Time,
        Gen.Frequency((1, Gen.Const((double?)null)), (6, Gen.Double[-60, 600].Select(value => (double?)Math.Round(value, 3)))),
        Gen.Frequency((1, Gen.Const((long?)null)), (4, Gen.Long[-5, 400].Select(value => (long?)value))),
        Gen.Frequency((1, Gen.Const((string?)null)), (4, Gen.Int[0, 6].Select(value => (string?)$"G{value}"))),
        (time, delay, seats, gate) => new FeatureEvent(0, time, time, "SEA", delay, seats, gate));

    private static readonly Gen<FeatureEvent[]> Events = Event.Array[0, 60]
        .Select(events => events.Select((item, index) => item with { Position = index + 1 }).ToArray());

    [Fact]
    public void Values_equal_those_of_a_look_at_every_event() => Gen.Select(Events, Time, Gen.Bool).Sample(
        (events, asOf, backfilled) =>
        {
            var schema = backfilled ? FeatureEvents.Backfilled : FeatureEvents.Live;
            var state = StateOf(events, schema);

            AssertEqualsOracle(state, events, schema, asOf, canBeTrimmed: false);
        },
        iter: 300);

    [Fact]
    public void State_does_not_depend_on_order_batches_or_restarts() => Gen.Select(Events, Gen.Int, Gen.Int[1, 10]).Sample((events, seed, batch) =>
    {
        var shuffled = events.ToArray();
        new Random(seed).Shuffle(shuffled);
        var schema = FeatureEvents.Live;
        var layout = WindowLayout.Create(View, schema);
        KeyState streamed = new WindowState(layout);
        foreach (var part in shuffled.Chunk(batch))
        {
            Apply(streamed, part, schema);
            // Out of memory and back, as between two batches of the online store.
            streamed = Reread(streamed, layout);
        }

        Assert.Equal(Bytes(StateOf(events, schema)), Bytes(streamed));
    });

    [Fact]
    public void Trimming_forgets_nothing_that_recent_reads_need() => Gen.Select(Events, Gen.Int, Gen.Int[1, 10], Gen.Int[0, 48], Time).Sample(
        (events, seed, batch, historyHours, asOf) =>
        {
            var history = historyHours * Durations.Hour;
            var schema = FeatureEvents.Backfilled;
            var layout = WindowLayout.Create(View, schema);
            var shuffled = events.ToArray();
            new Random(seed).Shuffle(shuffled);
            KeyState streamed = new WindowState(layout);
            foreach (var part in shuffled.Chunk(batch))
            {
                Apply(streamed, part, schema);
                streamed.TrimToHistory(history);
                streamed = Reread(streamed, layout);
            }

            var once = StateOf(events, schema);
            once.TrimToHistory(history);
            Assert.Equal(Bytes(once), Bytes(streamed));

            var newest = events.Length == 0 ? 0 : events.Max(item => item.EventTimestamp);
            AssertEqualsOracle(streamed, events, schema, newest - history, canBeTrimmed: false);
            AssertEqualsOracle(streamed, events, schema, newest + Durations.Day, canBeTrimmed: false);
            AssertEqualsOracle(streamed, events, schema, asOf, canBeTrimmed: true);
        },
        iter: 300);

    [Fact]
    public void Adding_the_same_events_in_training_order_gives_the_same_values() => Gen.Select(Events, Time).Sample(
        (events, asOf) =>
        {
            // The training-set join feeds events by the time they became known and reads in between.
            var schema = FeatureEvents.Live;
            var state = new WindowState(WindowLayout.Create(View, schema));
            var values = new FeatureValue[View.Features.Count];
            foreach (var item in events.OrderBy(item => item.EventTimestamp))
            {
                state.Evaluate(item.EventTimestamp, values);
                Apply(state, [item], schema);
            }

            AssertEqualsOracle(state, events, schema, asOf, canBeTrimmed: false);
        },
        iter: 100);

    [Fact]
    public void Read_of_the_past_of_a_live_source_never_counts_what_arrived_later() => Gen.Select(Events, Gen.Long[0, 180].Array[60], Gen.Int[1, 10], Time).Sample(
        (events, delays, batch, asOf) =>
        {
            FeatureEvent[] late = [.. events.Select((item, index) => item with { Created = item.EventTimestamp + (delays[index] * Durations.Minute) })];
            var layout = WindowLayout.Create(View, FeatureEvents.Live);
            KeyState state = new WindowState(layout);
            foreach (var part in late.Chunk(batch))
            {
                Apply(state, part, FeatureEvents.Live);
                state = Reread(state, layout);
            }

            // A window with an event that was not there yet is refused; every other is that of the events that were.
            var values = new FeatureValue[View.Features.Count];
            state.Evaluate(asOf, values);
            for (var i = 0; i < values.Length; i++)
            {
                var feature = View.Windowed[i];
                var end = WindowOracle.EndOf(feature, FeatureEvents.Live, asOf);
                var arrivesLater = late.Any(item => WindowOracle.IsIn(feature, item.EventTimestamp, end) && item.Created > asOf);
                Assert.Equal(arrivesLater, values[i].Status == FeatureStatus.Invalid);
            }

            AssertEqualsOracle(state, [.. late.Where(item => item.Created <= asOf)], FeatureEvents.Live, asOf, canBeTrimmed: true);

            state.Evaluate(asOf, long.MaxValue, values);
            Assert.DoesNotContain(values, value => value.Status == FeatureStatus.Invalid);
        },
        iter: 300);

    [Fact]
    public void Written_state_that_kept_no_arrivals_answers_reads_of_now_and_refuses_those_of_the_past()
    {
        var view = View with { Windowed = [.. Features(null, null, [WindowFunction.Count]).Where(feature => feature.WindowMicros == Durations.Hour)] };
        var layout = WindowLayout.Create(view, FeatureEvents.Live);
        var tile = FloorToTile(FeatureEvents.Start);
        // As format 1 had it: the newest event, nothing trimmed, one tile with two events.
        var writer = new PackedWriter();
        writer.WriteFixed64(tile + 7);
        writer.WriteByte(0);
        writer.WriteVarint(1);
        writer.WriteSignedVarint(tile / (5 * Durations.Minute));
        writer.WriteVarint(7);
        writer.WriteVarint(2);
        var state = new WindowState(layout);
        var reader = new PackedReader(writer.Written);
        state.Read(ref reader, format: 1);
        Assert.True(reader.AtEnd);

        var values = new FeatureValue[1];
        state.Evaluate(tile + Durations.Hour, long.MaxValue, values);
        Assert.Equal(FeatureValue.OfInt64(ValueType.Int64, 2, tile + 7), values[0]);
        Reread(state, layout).Evaluate(tile + Durations.Hour, values);
        Assert.Equal(FeatureStatus.Invalid, values[0].Status);
        Reread(state, layout).Evaluate(tile + (2 * Durations.Hour), values);
        Assert.Equal(FeatureValue.OfInt64(ValueType.Int64, 0, 0), values[0]);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void Time_to_live_is_inclusive(long beyondTtl, bool isOutside)
    {
        FeatureEvent[] events = [new(1, FeatureEvents.Start, FeatureEvents.Start, "SEA", 5, null, null)];
        var values = new FeatureValue[View.Features.Count];

        StateOf(events, FeatureEvents.Live).Evaluate(FeatureEvents.Start + Ttl + beyondTtl, values);

        var last = values[View.IndexOf("dep_delay_last_12h")];
        Assert.Equal(isOutside ? FeatureStatus.OutsideMaxAge : FeatureStatus.Present, last.Status);
        Assert.Equal(5, last.Double);
        Assert.Equal(FeatureEvents.Start, last.EventTimestampMicros);
    }

    [Fact]
    public void Damaged_bytes_are_refused_and_never_read_as_another_state()
    {
        FeatureEvent[] events = [.. Enumerable.Range(0, 30).Select(i => new FeatureEvent(i + 1, FeatureEvents.Start + (i * Durations.Minute), 0, "SEA", i * 1.1, i, $"G{i}"))];
        var layout = WindowLayout.Create(View, FeatureEvents.Live);
        var bytes = Bytes(StateOf(events, FeatureEvents.Live));

        for (var length = 0; length < bytes.Length; length++)
        {
            var cut = bytes[..length];
            Assert.ThrowsAny<Exception>(() =>
            {
                var reader = new PackedReader(cut);
                new WindowState(layout).Read(ref reader, KeyState.Format);
            });
        }
    }

    private static IEnumerable<WindowedFeature> Features(string? field, ValueType? type, WindowFunction[] functions) =>
        from function in functions
        from window in (long[])[5 * Durations.Minute, Durations.Hour, 12 * Durations.Hour, 3 * Durations.Day, 30 * Durations.Day]
        select new WindowedFeature(
            $"{(field is null ? "" : field + "_")}{FunctionName(function)}_{Durations.Format(window)}", field, function, window,
            TileWidths.For(window), WindowFunctions.ResultType(function, type)!.Value);

    private static string FunctionName(WindowFunction function) => function == WindowFunction.DistinctCount ? "distinct_count" : function.ToString().ToLowerInvariant();

    private static void AssertEqualsOracle(KeyState state, FeatureEvent[] events, SourceSchema schema, long asOf, bool canBeTrimmed)
    {
        var values = new FeatureValue[View.Features.Count];
        state.Evaluate(asOf, values);
        for (var i = 0; i < values.Length; i++)
        {
            if (canBeTrimmed && values[i].Status == FeatureStatus.Invalid)
            {
                continue;
            }

            var expected = WindowOracle.Evaluate(View.Windowed[i], Ttl, schema, events, asOf);
            Assert.True(Same(expected, values[i]), $"{View.Windowed[i].Name}: expected {expected}, got {values[i]}");
        }
    }

    private static bool Same(FeatureValue left, FeatureValue right) =>
        left with { Double = 0 } == right with { Double = 0 }
        && BitConverter.DoubleToInt64Bits(left.Double) == BitConverter.DoubleToInt64Bits(right.Double);

    private static WindowState StateOf(FeatureEvent[] events, SourceSchema schema)
    {
        var state = new WindowState(WindowLayout.Create(View, schema));
        Apply(state, events, schema);
        return state;
    }

    private static void Apply(KeyState state, FeatureEvent[] events, SourceSchema schema)
    {
        var columns = events.ToColumns(schema);
        for (var row = 0; row < columns.Count; row++)
        {
            state.Apply(columns, row);
        }
    }

    private static WindowState Reread(KeyState state, WindowLayout layout)
    {
        var reader = new PackedReader(Bytes(state));
        var read = new WindowState(layout);
        read.Read(ref reader, KeyState.Format);
        Assert.True(reader.AtEnd);
        return read;
    }

    private static byte[] Bytes(KeyState state)
    {
        var writer = new PackedWriter();
        state.Write(writer);
        return writer.Written.ToArray();
    }

    private static long FloorToTile(long micros) => micros / (5 * Durations.Minute) * (5 * Durations.Minute);
}
