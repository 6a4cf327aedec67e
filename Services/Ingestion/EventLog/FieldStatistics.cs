using System.Buffers.Binary;

namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>Of each field of a schema version: how many rows have no value, and the smallest and largest of the numbers.</summary>
internal sealed class FieldStatistics(int fields)
{
    private const int EncodedBytes = sizeof(long) + (2 * sizeof(double));

    private readonly long[] _nulls = new long[fields];
    private readonly double[] _minimum = Filled(fields, double.PositiveInfinity);
    private readonly double[] _maximum = Filled(fields, double.NegativeInfinity);

    public int FieldCount => fields;

    public long Rows { get; private set; }

    public void AddRow() => Rows++;

    public void AddNull(int field) => _nulls[field]++;

    public void AddNumber(int field, double value)
    {
        _minimum[field] = Math.Min(_minimum[field], value);
        _maximum[field] = Math.Max(_maximum[field], value);
    }

    public long Nulls(int field) => _nulls[field];

    /// <summary>Null: there was no number.</summary>
    public double? Minimum(int field) => double.IsFinite(_minimum[field]) ? _minimum[field] : null;

    public double? Maximum(int field) => double.IsFinite(_maximum[field]) ? _maximum[field] : null;

    public void Merge(FieldStatistics other)
    {
        Rows += other.Rows;
        for (var field = 0; field < fields; field++)
        {
            _nulls[field] += other._nulls[field];
            _minimum[field] = Math.Min(_minimum[field], other._minimum[field]);
            _maximum[field] = Math.Max(_maximum[field], other._maximum[field]);
        }
    }

    public byte[] Encode()
    {
        var encoded = new byte[fields * EncodedBytes];
        var target = encoded.AsSpan();
        for (var field = 0; field < fields; field++, target = target[EncodedBytes..])
        {
            BinaryPrimitives.WriteInt64LittleEndian(target, _nulls[field]);
            BinaryPrimitives.WriteDoubleLittleEndian(target[sizeof(long)..], _minimum[field]);
            BinaryPrimitives.WriteDoubleLittleEndian(target[(sizeof(long) + sizeof(double))..], _maximum[field]);
        }

        return encoded;
    }

    public static FieldStatistics Decode(ReadOnlySpan<byte> encoded, long rows)
    {
        var statistics = new FieldStatistics(encoded.Length / EncodedBytes) { Rows = rows };
        for (var field = 0; field < statistics.FieldCount; field++, encoded = encoded[EncodedBytes..])
        {
            statistics._nulls[field] = BinaryPrimitives.ReadInt64LittleEndian(encoded);
            statistics._minimum[field] = BinaryPrimitives.ReadDoubleLittleEndian(encoded[sizeof(long)..]);
            statistics._maximum[field] = BinaryPrimitives.ReadDoubleLittleEndian(encoded[(sizeof(long) + sizeof(double))..]);
        }

        return statistics;
    }

    private static double[] Filled(int count, double value)
    {
        var values = new double[count];
        Array.Fill(values, value);
        return values;
    }
}
