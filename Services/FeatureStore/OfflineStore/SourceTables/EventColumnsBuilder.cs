using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Events;
using DuckDB.NET.Data;

namespace CloudNativeAi.FeatureStore.OfflineStore.SourceTables;

/// <summary>Gathers rows of a reader into batches: event_id, event_timestamp, created_timestamp, position, then the fields.</summary>
/// <param name="neededFields">Which fields the reader has; the others are null in every row. Null: all.</param>
internal sealed class EventColumnsBuilder(SourceSchema source, int capacity, bool[]? neededFields = null)
{
    private readonly long[] _positions = new long[capacity];
    private readonly string[] _eventIds = new string[capacity];
    private readonly long[] _eventTimestamps = new long[capacity];
    private readonly long[] _createdTimestamps = new long[capacity];
    private EventColumn[] _fields = NewFields(source, capacity);
    private int _count;

    public bool IsFull => _count == capacity;

    public bool IsEmpty => _count == 0;

    public void Add(DuckDBDataReader reader)
    {
        _eventIds[_count] = reader.GetString(0);
        _eventTimestamps[_count] = reader.GetInt64(1);
        _createdTimestamps[_count] = reader.GetInt64(2);
        _positions[_count] = reader.GetInt64(3);
        var ordinal = 3;
        for (var index = 0; index < _fields.Length; index++)
        {
            var field = _fields[index];
            if (neededFields is not null && !neededFields[index])
            {
                field.IsNull[_count] = true;
                continue;
            }

            ordinal++;
            if (reader.IsDBNull(ordinal))
            {
                field.IsNull[_count] = true;
                continue;
            }

            switch (field.Type)
            {
                case ValueType.String:
                    field.Strings[_count] = reader.GetString(ordinal);
                    break;
                case ValueType.Double:
                    field.Doubles[_count] = reader.GetDouble(ordinal);
                    break;
                case ValueType.Bool:
                    field.Bools[_count] = reader.GetBoolean(ordinal);
                    break;
                default:
                    field.Int64s[_count] = reader.GetInt64(ordinal);
                    break;
            }
        }

        _count++;
    }

    public EventColumns Take()
    {
        var fields = _fields;
        if (_count < capacity)
        {
            fields = NewFields(source, _count);
            for (var index = 0; index < fields.Length; index++)
            {
                Copy(_fields[index], fields[index], _count);
            }
        }

        var batch = new EventColumns
        {
            Schema = source,
            Count = _count,
            Positions = _positions[.._count],
            EventIds = _eventIds[.._count],
            EventTimestamps = _eventTimestamps[.._count],
            CreatedTimestamps = _createdTimestamps[.._count],
            Fields = fields,
        };
        _count = 0;
        _fields = NewFields(source, capacity);
        return batch;
    }

    private static void Copy(EventColumn from, EventColumn to, int count)
    {
        Array.Copy(from.IsNull, to.IsNull, count);
        Array.Copy(from.Doubles, to.Doubles, to.Doubles.Length);
        Array.Copy(from.Int64s, to.Int64s, to.Int64s.Length);
        Array.Copy(from.Bools, to.Bools, to.Bools.Length);
        Array.Copy(from.Strings, to.Strings, to.Strings.Length);
    }

    private static EventColumn[] NewFields(SourceSchema source, int count) =>
        [.. source.Fields.Select(field => new EventColumn(field.Type, count))];
}
