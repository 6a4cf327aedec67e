using CloudNativeAi.FeatureStore.Events;

namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>The events of one key within one step of time, aggregated.</summary>
internal sealed class Tile
{
    private readonly FieldState[] _fields;

    public Tile(Resolution resolution, long index)
    {
        Index = index;
        _fields = [.. resolution.Slots.Select(slot => new FieldState(slot))];
    }

    /// <summary>Start of the tile over its width: tiles before 1970 are negative.</summary>
    public long Index { get; }

    public long Events { get; private set; }

    public long NewestEvent { get; private set; }

    public void Add(Resolution resolution, EventColumns events, int row)
    {
        var eventTimestamp = events.EventTimestamps[row];
        NewestEvent = Events == 0 ? eventTimestamp : Math.Max(NewestEvent, eventTimestamp);
        Events++;
        for (var i = 0; i < _fields.Length; i++)
        {
            _fields[i].Add(events.Fields[resolution.Slots[i].Column], row, eventTimestamp, events.Positions[row]);
        }
    }

    public void AddTo(FieldState[] fields)
    {
        for (var i = 0; i < fields.Length; i++)
        {
            fields[i].Add(_fields[i]);
        }
    }

    // The index is written by the list, as a difference.
    public void Write(PackedWriter writer, Resolution resolution)
    {
        writer.WriteVarint((ulong)(NewestEvent - (Index * resolution.TileMicros)));
        writer.WriteVarint((ulong)Events);
        foreach (var field in _fields)
        {
            field.Write(writer);
        }
    }

    public static Tile Read(ref PackedReader reader, Resolution resolution, long index)
    {
        var tile = new Tile(resolution, index)
        {
            NewestEvent = checked((index * resolution.TileMicros) + (long)reader.ReadVarint()),
            Events = (long)reader.ReadVarint(),
        };
        foreach (var field in tile._fields)
        {
            field.AddFrom(ref reader);
        }

        return tile;
    }
}
