using CloudNativeAi.FeatureStore.Events;

namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>The tiles of one key of one windowed view.</summary>
internal sealed class WindowState : KeyState
{
    private readonly WindowLayout _layout;
    private readonly TileList[] _tiles;

    public WindowState(WindowLayout layout)
    {
        _layout = layout;
        _tiles = [.. layout.Resolutions.Select(resolution => new TileList(resolution))];
    }

    public override void Apply(EventColumns events, int row)
    {
        NewestEvent = Math.Max(NewestEvent, events.EventTimestamps[row]);
        foreach (var tiles in _tiles)
        {
            tiles.Add(events, row);
        }
    }

    public override void Evaluate(long asOfMicros, long arrivedByMicros, Span<FeatureValue> values)
    {
        foreach (var tiles in _tiles)
        {
            tiles.Evaluate(asOfMicros - _layout.Schema.WindowDelayMicros, asOfMicros, arrivedByMicros, _layout.View.TtlMicros, values);
        }
    }

    // The edges of wider tiles are edges of the narrowest.
    public override long UnchangedUntil(long asOfMicros)
    {
        var narrowest = _layout.Resolutions[0];
        return ((narrowest.TileOf(asOfMicros - _layout.Schema.WindowDelayMicros) + 1) * narrowest.TileMicros) + _layout.Schema.WindowDelayMicros - 1;
    }

    public override void Trim(long oldestReadMicros)
    {
        foreach (var tiles in _tiles)
        {
            tiles.Trim(oldestReadMicros - _layout.Schema.WindowDelayMicros);
        }
    }

    public override void Write(PackedWriter writer)
    {
        writer.WriteFixed64(NewestEvent);
        foreach (var tiles in _tiles)
        {
            tiles.Write(writer);
        }
    }

    public override void Read(ref PackedReader reader, int format)
    {
        NewestEvent = reader.ReadFixed64();
        foreach (var tiles in _tiles)
        {
            tiles.Read(ref reader, format);
        }
    }
}
