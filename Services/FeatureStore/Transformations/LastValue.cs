using CloudNativeAi.FeatureStore.Events;

namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>A field's value of one event, ordered by (event timestamp, position).</summary>
internal readonly struct LastValue
{
    private readonly long _eventTimestamp;
    private readonly long _position;
    private readonly double _double;
    private readonly long _int64;
    private readonly string? _text;

    public LastValue(long eventTimestamp, long position, EventColumn column, int row)
    {
        _eventTimestamp = eventTimestamp;
        _position = position;
        switch (column.Type)
        {
            case ValueType.Double:
                _double = Normal.Of(column.Doubles[row]);
                break;
            case ValueType.Int64 or ValueType.Timestamp:
                _int64 = column.Int64s[row];
                break;
            case ValueType.Bool:
                _int64 = column.Bools[row] ? 1 : 0;
                break;
            default:
                _text = column.Strings[row];
                break;
        }
    }

    private LastValue(long eventTimestamp, long position, double number, long integer, string? text)
    {
        _eventTimestamp = eventTimestamp;
        _position = position;
        _double = number;
        _int64 = integer;
        _text = text;
    }

    public bool IsAfter(LastValue other) =>
        _eventTimestamp != other._eventTimestamp ? _eventTimestamp > other._eventTimestamp : _position > other._position;

    public FeatureValue ToValue(ValueType type, long newestEvent) => type switch
    {
        ValueType.Double => FeatureValue.OfDouble(_double, newestEvent),
        ValueType.String => FeatureValue.OfText(_text!, newestEvent),
        _ => FeatureValue.OfInt64(type, _int64, newestEvent),
    };

    public void Write(PackedWriter writer, ValueType type)
    {
        writer.WriteSignedVarint(_eventTimestamp);
        writer.WriteVarint((ulong)_position);
        switch (type)
        {
            case ValueType.Double:
                writer.WriteDouble(_double);
                break;
            case ValueType.String:
                writer.WriteText(_text!);
                break;
            default:
                writer.WriteSignedVarint(_int64);
                break;
        }
    }

    public static LastValue Read(ref PackedReader reader, ValueType type)
    {
        var eventTimestamp = reader.ReadSignedVarint();
        var position = (long)reader.ReadVarint();
        return type switch
        {
            ValueType.Double => new LastValue(eventTimestamp, position, reader.ReadDouble(), 0, null),
            ValueType.String => new LastValue(eventTimestamp, position, 0, 0, reader.ReadText()),
            _ => new LastValue(eventTimestamp, position, 0, reader.ReadSignedVarint(), null),
        };
    }
}
