using CloudNativeAi.FeatureStore.Events;

namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>The tiles of one width of one key, oldest first, and the window evaluation over them.</summary>
internal sealed class TileList(Resolution resolution)
{
    private readonly List<Tile> _tiles = [];
    private FieldState[]? _window;

    /// <summary>Index of the newest tile that was trimmed away; null while none was.</summary>
    private long? _trimmedThrough;

    public void Add(EventColumns events, int row) => FindOrAdd(resolution.TileOf(events.EventTimestamps[row])).Add(resolution, events, row);

    /// <summary>Drops tiles that no window evaluated at or after <paramref name="oldestReadMicros"/> reaches.</summary>
    public void Trim(long oldestReadMicros)
    {
        var firstKept = resolution.TileOf(oldestReadMicros) - resolution.LongestWindowTiles;
        var dropped = 0;
        while (dropped < _tiles.Count && _tiles[dropped].Index < firstKept)
        {
            dropped++;
        }

        if (dropped > 0)
        {
            _trimmedThrough = Math.Max(_trimmedThrough ?? long.MinValue, _tiles[dropped - 1].Index);
            _tiles.RemoveRange(0, dropped);
        }
    }

    /// <summary>
    /// All windows of this width end at one edge, so one pass from the newest tile back gives them all, shortest first. A window with
    /// an event that arrived after <paramref name="arrivedByMicros"/> is invalid: a tile cannot give back what it has added.
    /// </summary>
    public void Evaluate(long endMicros, long asOfMicros, long arrivedByMicros, long ttlMicros, Span<FeatureValue> values)
    {
        var end = resolution.TileOf(endMicros);
        var window = _window ??= [.. resolution.Slots.Select(slot => new FieldState(slot))];
        foreach (var field in window)
        {
            field.Clear();
        }

        var next = LastBefore(end);
        long events = 0;
        long newestEvent = 0;
        var hasArrived = true;
        foreach (var (tiles, outputs) in resolution.Windows)
        {
            var start = end - tiles;
            for (; next >= 0 && _tiles[next].Index >= start; next--)
            {
                newestEvent = events == 0 ? _tiles[next].NewestEvent : newestEvent;
                events += _tiles[next].Events;
                hasArrived &= !resolution.KeepsCreated || _tiles[next].NewestCreated <= arrivedByMicros;
                _tiles[next].AddTo(window);
            }

            var known = hasArrived && (_trimmedThrough is not { } trimmed || start > trimmed);
            foreach (var output in outputs)
            {
                values[output.Feature] = known ? Evaluate(output, window, events, newestEvent).WithTtl(events == 0 ? 0 : ttlMicros, asOfMicros)
                    : FeatureValue.Invalid(output.Type);
            }
        }
    }

    public void Write(PackedWriter writer)
    {
        writer.WriteByte(_trimmedThrough is null ? (byte)0 : (byte)1);
        if (_trimmedThrough is { } trimmed)
        {
            writer.WriteSignedVarint(trimmed);
        }

        writer.WriteVarint((ulong)_tiles.Count);
        long previous = 0;
        foreach (var tile in _tiles)
        {
            writer.WriteSignedVarint(tile.Index - previous);
            tile.Write(writer, resolution);
            previous = tile.Index;
        }
    }

    public void Read(ref PackedReader reader, int format)
    {
        _trimmedThrough = reader.ReadByte() == 0 ? null : reader.ReadSignedVarint();
        var count = reader.ReadCount();
        long index = 0;
        for (var i = 0; i < count; i++)
        {
            index += reader.ReadSignedVarint();
            _tiles.Add(Tile.Read(ref reader, format, resolution, index));
        }
    }

    private static FeatureValue Evaluate(WindowOutput output, FieldState[] window, long events, long newestEvent)
    {
        if (output is { Function: WindowFunction.Count, Slot: < 0 })
        {
            return FeatureValue.OfInt64(ValueType.Int64, events, newestEvent);
        }

        return events == 0 && output.Function != WindowFunction.Count
            ? FeatureValue.NotFound(output.Type)
            : window[output.Slot].Evaluate(output, newestEvent);
    }

    private Tile FindOrAdd(long index)
    {
        var before = LastBefore(index + 1);
        if (before >= 0 && _tiles[before].Index == index)
        {
            return _tiles[before];
        }

        var tile = new Tile(resolution, index);
        _tiles.Insert(before + 1, tile);
        return tile;
    }

    // Position of the newest tile whose index is below the given one; -1 when there is none.
    private int LastBefore(long index)
    {
        // Nearly always the newest.
        if (_tiles.Count == 0 || _tiles[^1].Index < index)
        {
            return _tiles.Count - 1;
        }

        var low = 0;
        var high = _tiles.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (_tiles[middle].Index < index)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high;
    }
}
