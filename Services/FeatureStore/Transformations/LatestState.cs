using CloudNativeAi.FeatureStore.Events;

namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>
/// The newest events of one key of one latest-value view. More than one is kept, so that an instant shortly before the newest
/// event still reads what was known then.
/// </summary>
internal sealed class LatestState(LatestLayout layout) : KeyState
{
    /// <summary>Most events kept of a key.</summary>
    public const int MaxVersions = 8;

    // Newest first, by (event timestamp, created timestamp, position).
    private readonly List<Version> _versions = [];
    private bool _trimmed;

    public override void Apply(EventColumns events, int row)
    {
        NewestEvent = Math.Max(NewestEvent, events.EventTimestamps[row]);
        var version = new Version(
            events.EventTimestamps[row],
            events.CreatedTimestamps[row],
            events.Positions[row],
            [.. layout.Columns.Select(column => ValueAt(events.Fields[column], row, events.EventTimestamps[row]))]);

        var at = 0;
        while (at < _versions.Count && _versions[at].IsAfter(version))
        {
            at++;
        }

        _versions.Insert(at, version);
        if (_versions.Count > MaxVersions)
        {
            RemoveFrom(MaxVersions);
        }
    }

    public override void Evaluate(long asOfMicros, long arrivedByMicros, Span<FeatureValue> values)
    {
        foreach (var version in _versions)
        {
            if (UsableFrom(version) <= asOfMicros)
            {
                for (var i = 0; i < version.Values.Length; i++)
                {
                    values[i] = version.Values[i].WithTtl(layout.View.TtlMicros, asOfMicros);
                }

                return;
            }
        }

        for (var i = 0; i < layout.Columns.Length; i++)
        {
            var type = layout.View.Latest[i].Type;
            values[i] = _trimmed ? FeatureValue.Invalid(type) : FeatureValue.NotFound(type);
        }
    }

    public override long UnchangedUntil(long asOfMicros)
    {
        // A newer version takes its place as soon as it may be used.
        var until = long.MaxValue;
        foreach (var from in _versions.Select(UsableFrom).TakeWhile(from => from > asOfMicros))
        {
            until = Math.Min(until, from - 1);
        }

        return until;
    }

    public override void Trim(long oldestReadMicros)
    {
        // The newest event that the oldest read may use is the last one needed.
        for (var i = 0; i < _versions.Count - 1; i++)
        {
            if (UsableFrom(_versions[i]) <= oldestReadMicros)
            {
                RemoveFrom(i + 1);
                return;
            }
        }
    }

    public override void Write(PackedWriter writer)
    {
        writer.WriteByte(_trimmed ? (byte)1 : (byte)0);
        writer.WriteVarint((ulong)_versions.Count);
        foreach (var version in _versions)
        {
            version.Write(writer);
        }
    }

    public override void Read(ref PackedReader reader, int format)
    {
        _trimmed = reader.ReadByte() != 0;
        var count = reader.ReadCount();
        for (var i = 0; i < count; i++)
        {
            _versions.Add(Version.Read(ref reader, layout));
        }

        if (count > 0)
        {
            NewestEvent = _versions[0].EventTimestamp;
        }
    }

    private long UsableFrom(Version version) =>
        Math.Max(version.EventTimestamp, layout.Schema.KnownMicros(version.EventTimestamp, version.Created));

    private void RemoveFrom(int index)
    {
        _versions.RemoveRange(index, _versions.Count - index);
        _trimmed = true;
    }

    private static FeatureValue ValueAt(EventColumn column, int row, long eventTimestamp)
    {
        if (column.IsNull[row])
        {
            return FeatureValue.Null(column.Type, eventTimestamp);
        }

        return column.Type switch
        {
            ValueType.Double => FeatureValue.OfDouble(Normal.Of(column.Doubles[row]), eventTimestamp),
            ValueType.String => FeatureValue.OfText(column.Strings[row]!, eventTimestamp),
            ValueType.Bool => FeatureValue.OfInt64(ValueType.Bool, column.Bools[row] ? 1 : 0, eventTimestamp),
            var type => FeatureValue.OfInt64(type, column.Int64s[row], eventTimestamp),
        };
    }

    private sealed record Version(long EventTimestamp, long Created, long Position, FeatureValue[] Values)
    {
        public bool IsAfter(Version other) =>
            (EventTimestamp, Created, Position).CompareTo((other.EventTimestamp, other.Created, other.Position)) > 0;

        public void Write(PackedWriter writer)
        {
            writer.WriteSignedVarint(EventTimestamp);
            writer.WriteSignedVarint(Created - EventTimestamp);
            writer.WriteVarint((ulong)Position);
            foreach (var value in Values)
            {
                if (value.Status == FeatureStatus.NullValue)
                {
                    writer.WriteByte(0);
                    continue;
                }

                writer.WriteByte(1);
                switch (value.Type)
                {
                    case ValueType.Double:
                        writer.WriteDouble(value.Double);
                        break;
                    case ValueType.String:
                        writer.WriteText(value.Text!);
                        break;
                    default:
                        writer.WriteSignedVarint(value.Int64);
                        break;
                }
            }
        }

        public static Version Read(ref PackedReader reader, LatestLayout layout)
        {
            var eventTimestamp = reader.ReadSignedVarint();
            var created = eventTimestamp + reader.ReadSignedVarint();
            var position = (long)reader.ReadVarint();
            var values = new FeatureValue[layout.Columns.Length];
            for (var i = 0; i < values.Length; i++)
            {
                var type = layout.View.Latest[i].Type;
                values[i] = reader.ReadByte() == 0 ? FeatureValue.Null(type, eventTimestamp)
                    : type switch
                    {
                        ValueType.Double => FeatureValue.OfDouble(reader.ReadDouble(), eventTimestamp),
                        ValueType.String => FeatureValue.OfText(reader.ReadText(), eventTimestamp),
                        _ => FeatureValue.OfInt64(type, reader.ReadSignedVarint(), eventTimestamp),
                    };
            }

            return new Version(eventTimestamp, created, position, values);
        }
    }
}
