using CloudNativeAi.FeatureStore.Events;

namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>The aggregates of one field over one tile, or over the tiles of one window: the same thing, since tiles merge.</summary>
internal sealed class FieldState
{
    private readonly FieldSlot _slot;
    private readonly ExactSum? _sum;
    private readonly ExactSum? _squares;
    private readonly DistinctSet? _distinct;

    private long _count;
    private double _minimumDouble;
    private double _maximumDouble;
    private long _minimumInt64;
    private long _maximumInt64;
    private LastValue _last;

    public FieldState(FieldSlot slot)
    {
        _slot = slot;
        _sum = Keeps(FieldAggregates.Sum) ? new ExactSum() : null;
        _squares = Keeps(FieldAggregates.Squares) ? new ExactSum() : null;
        _distinct = Keeps(FieldAggregates.Distinct) ? new DistinctSet() : null;
    }

    public void Clear()
    {
        _count = 0;
        _sum?.Clear();
        _squares?.Clear();
        _distinct?.Clear();
    }

    public void Add(EventColumn column, int row, long eventTimestamp, long position)
    {
        if (column.IsNull[row])
        {
            return;
        }

        switch (column.Type)
        {
            case ValueType.Double:
                AddDouble(Normal.Of(column.Doubles[row]));
                break;
            case ValueType.Int64 or ValueType.Timestamp:
                AddInt64(column.Int64s[row]);
                break;
            case ValueType.Bool:
                _distinct?.Add(DistinctSet.Hash(column.Bools[row]));
                break;
            default:
                _distinct?.Add(DistinctSet.Hash(column.Strings[row]!));
                break;
        }

        if (Keeps(FieldAggregates.Last))
        {
            TakeLast(new LastValue(eventTimestamp, position, column, row));
        }

        _count++;
    }

    /// <summary>Adds a state written by <see cref="Write"/> or that of another tile.</summary>
    public void Add(FieldState other)
    {
        if (other._count == 0)
        {
            return;
        }

        if (Keeps(FieldAggregates.Minimum))
        {
            _minimumDouble = _count == 0 ? other._minimumDouble : Math.Min(_minimumDouble, other._minimumDouble);
            _minimumInt64 = _count == 0 ? other._minimumInt64 : Math.Min(_minimumInt64, other._minimumInt64);
        }

        if (Keeps(FieldAggregates.Maximum))
        {
            _maximumDouble = _count == 0 ? other._maximumDouble : Math.Max(_maximumDouble, other._maximumDouble);
            _maximumInt64 = _count == 0 ? other._maximumInt64 : Math.Max(_maximumInt64, other._maximumInt64);
        }

        if (Keeps(FieldAggregates.Last))
        {
            TakeLast(other._last);
        }

        _sum?.Add(other._sum!);
        _squares?.Add(other._squares!);
        _distinct?.Add(other._distinct!);
        _count += other._count;
    }

    public FeatureValue Evaluate(WindowOutput output, long newestEvent)
    {
        if (output.Function == WindowFunction.Count)
        {
            return FeatureValue.OfInt64(ValueType.Int64, _count, newestEvent);
        }

        if (_count == 0)
        {
            return FeatureValue.Null(output.Type, newestEvent);
        }

        return output.Function switch
        {
            WindowFunction.Sum => FeatureValue.OfDouble(_sum!.ToDouble(), newestEvent),
            WindowFunction.Mean => FeatureValue.OfDouble(_sum!.Mean(_count), newestEvent),
            WindowFunction.StdDev when _count < 2 => FeatureValue.Null(output.Type, newestEvent),
            WindowFunction.StdDev => FeatureValue.OfDouble(ExactSum.SampleStandardDeviation(_sum!, _squares!, _count), newestEvent),
            WindowFunction.Min => Number(_minimumDouble, _minimumInt64, newestEvent),
            WindowFunction.Max => Number(_maximumDouble, _maximumInt64, newestEvent),
            WindowFunction.Last => _last.ToValue(_slot.Type, newestEvent),
            WindowFunction.DistinctCount => FeatureValue.OfInt64(ValueType.Int64, _distinct!.Count(), newestEvent),
            _ => throw new InvalidOperationException($"There is no window function {output.Function}."),
        };
    }

    public void Write(PackedWriter writer)
    {
        writer.WriteVarint((ulong)_count);
        if (_count == 0)
        {
            return;
        }

        _sum?.Write(writer);
        _squares?.Write(writer);
        if (Keeps(FieldAggregates.Minimum))
        {
            WriteNumber(writer, _minimumDouble, _minimumInt64);
        }

        if (Keeps(FieldAggregates.Maximum))
        {
            WriteNumber(writer, _maximumDouble, _maximumInt64);
        }

        if (Keeps(FieldAggregates.Last))
        {
            _last.Write(writer, _slot.Type);
        }

        _distinct?.Write(writer);
    }

    /// <summary>Adds a written state to this one, without making an object of it.</summary>
    public void AddFrom(ref PackedReader reader)
    {
        var count = (long)reader.ReadVarint();
        if (count == 0)
        {
            return;
        }

        _sum?.AddFrom(ref reader);
        _squares?.AddFrom(ref reader);
        if (Keeps(FieldAggregates.Minimum))
        {
            ReadNumber(ref reader, out var number, out var integer);
            _minimumDouble = _count == 0 ? number : Math.Min(_minimumDouble, number);
            _minimumInt64 = _count == 0 ? integer : Math.Min(_minimumInt64, integer);
        }

        if (Keeps(FieldAggregates.Maximum))
        {
            ReadNumber(ref reader, out var number, out var integer);
            _maximumDouble = _count == 0 ? number : Math.Max(_maximumDouble, number);
            _maximumInt64 = _count == 0 ? integer : Math.Max(_maximumInt64, integer);
        }

        if (Keeps(FieldAggregates.Last))
        {
            TakeLast(LastValue.Read(ref reader, _slot.Type));
        }

        _distinct?.AddFrom(ref reader);
        _count += count;
    }

    private bool Keeps(FieldAggregates aggregates) => (_slot.Aggregates & aggregates) != 0;

    private void AddDouble(double value)
    {
        _sum?.Add(value);
        _squares?.AddSquare(value);
        _minimumDouble = _count == 0 ? value : Math.Min(_minimumDouble, value);
        _maximumDouble = _count == 0 ? value : Math.Max(_maximumDouble, value);
        _distinct?.Add(DistinctSet.Hash(value));
    }

    private void AddInt64(long value)
    {
        _sum?.Add(value);
        _squares?.AddSquare(value);
        _minimumInt64 = _count == 0 ? value : Math.Min(_minimumInt64, value);
        _maximumInt64 = _count == 0 ? value : Math.Max(_maximumInt64, value);
        _distinct?.Add(DistinctSet.Hash(value));
    }

    private void TakeLast(LastValue candidate)
    {
        if (_count == 0 || candidate.IsAfter(_last))
        {
            _last = candidate;
        }
    }

    private FeatureValue Number(double number, long integer, long newestEvent) => _slot.Type == ValueType.Double
        ? FeatureValue.OfDouble(number, newestEvent)
        : FeatureValue.OfInt64(_slot.Type, integer, newestEvent);

    private void WriteNumber(PackedWriter writer, double number, long integer)
    {
        if (_slot.Type == ValueType.Double)
        {
            writer.WriteDouble(number);
        }
        else
        {
            writer.WriteSignedVarint(integer);
        }
    }

    private void ReadNumber(ref PackedReader reader, out double number, out long integer)
    {
        number = 0;
        integer = 0;
        if (_slot.Type == ValueType.Double)
        {
            number = reader.ReadDouble();
        }
        else
        {
            integer = reader.ReadSignedVarint();
        }
    }
}
