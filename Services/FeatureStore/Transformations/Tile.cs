using CloudNativeAi.FeatureStore.Events;

namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>The events of one key within one step of time, aggregated.</summary>
internal sealed class Tile
{
    private const long NotKept = long.MaxValue;

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

    /// <summary>
    /// Created timestamp of the event that arrived last; <see cref="long.MaxValue"/> where it was not kept. Of live sources only: the
    /// others do not ask when an event arrived.
    /// </summary>
    public long NewestCreated { get; private set; }

    public void Add(Resolution resolution, EventColumns events, int row)
    {
        var eventTimestamp = events.EventTimestamps[row];
        var created = resolution.KeepsCreated ? events.CreatedTimestamps[row] : NotKept;
        NewestEvent = Events == 0 ? eventTimestamp : Math.Max(NewestEvent, eventTimestamp);
        NewestCreated = Events == 0 ? created : Math.Max(NewestCreated, created);
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
        // 0 for not kept. An event that came before its own time counts as come at it: no window that has it is read earlier.
        writer.WriteVarint(NewestCreated == NotKept ? 0 : (ulong)Math.Max(0, NewestCreated - NewestEvent) + 1);
        writer.WriteVarint((ulong)Events);
        foreach (var field in _fields)
        {
            field.Write(writer);
        }
    }

    public static Tile Read(ref PackedReader reader, int format, Resolution resolution, long index)
    {
        var newestEvent = checked((index * resolution.TileMicros) + (long)reader.ReadVarint());
        var arrival = format >= KeyState.FormatWithArrivals ? reader.ReadVarint() : 0;
        var tile = new Tile(resolution, index)
        {
            NewestEvent = newestEvent,
            NewestCreated = arrival == 0 ? NotKept : checked(newestEvent + (long)(arrival - 1)),
            Events = (long)reader.ReadVarint(),
        };
        foreach (var field in tile._fields)
        {
            field.AddFrom(ref reader);
        }

        return tile;
    }
}
