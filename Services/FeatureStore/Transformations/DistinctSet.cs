using System.Buffers.Binary;
using System.IO.Hashing;
using System.Numerics;
using System.Text;

namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>
/// How many different values there were: the exact set of their hashes up to 256, beyond that a HyperLogLog of 4,096 registers.
/// Both depend on the set of values alone, not on order or on how it was split.
/// </summary>
/// <remarks>
/// The hash is XXH64 with seed 0 over: the UTF-8 of a string; 8 little-endian bytes of an int64, a timestamp (microseconds) or the
/// bits of a double (-0.0 as +0.0, one NaN); one byte of a bool. It is part of what is stored and must not change.
/// </remarks>
internal sealed class DistinctSet
{
    public const int MaxExact = 256;

    private const int Precision = 12;
    private const int Registers = 1 << Precision;
    private const int RankBits = 64 - Precision;
    private const byte ExactForm = 0;
    private const byte SketchForm = 1;

    private readonly HashSet<ulong> _hashes = [];
    private byte[]? _registers;

    public static ulong Hash(string value)
    {
        const int MaxStackBytes = 512;
        var bytes = Encoding.UTF8.GetByteCount(value);
        if (bytes > MaxStackBytes)
        {
            return XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(value));
        }

        Span<byte> buffer = stackalloc byte[MaxStackBytes];
        return XxHash64.HashToUInt64(buffer[..Encoding.UTF8.GetBytes(value, buffer)]);
    }

    public static ulong Hash(long value)
    {
        Span<byte> buffer = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(buffer, value);
        return XxHash64.HashToUInt64(buffer);
    }

    public static ulong Hash(double value) => Hash(BitConverter.DoubleToInt64Bits(Normal.Of(value)));

    public static ulong Hash(bool value) => XxHash64.HashToUInt64([value ? (byte)1 : (byte)0]);

    public void Add(ulong hash)
    {
        if (_registers is not null)
        {
            Record(_registers, hash);
        }
        else if (_hashes.Add(hash) && _hashes.Count > MaxExact)
        {
            _registers = new byte[Registers];
            MoveToSketch(_registers);
        }
    }

    public void Add(DistinctSet other)
    {
        if (other._registers is { } registers)
        {
            AddRegisters(registers);
            return;
        }

        foreach (var hash in other._hashes)
        {
            Add(hash);
        }
    }

    public void Clear()
    {
        _hashes.Clear();
        _registers = null;
    }

    public long Count() => _registers is { } registers ? Estimate(registers) : _hashes.Count;

    public void Write(PackedWriter writer)
    {
        if (_registers is { } registers)
        {
            writer.WriteByte(SketchForm);
            writer.WriteBytes(registers);
            return;
        }

        writer.WriteByte(ExactForm);
        writer.WriteVarint((ulong)_hashes.Count);
        foreach (var hash in _hashes.Order())
        {
            writer.WriteFixed64((long)hash);
        }
    }

    /// <summary>Adds a written set to this one.</summary>
    public void AddFrom(ref PackedReader reader)
    {
        switch (reader.ReadByte())
        {
            case SketchForm:
                AddRegisters(reader.ReadBytes(Registers));
                break;
            case ExactForm:
                for (var i = reader.ReadCount(); i > 0; i--)
                {
                    Add((ulong)reader.ReadFixed64());
                }

                break;
            default:
                throw new InvalidDataException("A packed set has an unknown form.");
        }
    }

    private void AddRegisters(ReadOnlySpan<byte> other)
    {
        if (_registers is null)
        {
            _registers = new byte[Registers];
            MoveToSketch(_registers);
        }

        for (var i = 0; i < other.Length; i++)
        {
            _registers[i] = Math.Max(_registers[i], other[i]);
        }
    }

    private void MoveToSketch(byte[] registers)
    {
        foreach (var hash in _hashes)
        {
            Record(registers, hash);
        }

        _hashes.Clear();
    }

    private static void Record(byte[] registers, ulong hash)
    {
        var register = (int)(hash >> RankBits);
        // Position of the first one-bit among the rest, 1 to 53.
        var rank = (byte)(Math.Min(BitOperations.LeadingZeroCount(hash << Precision), RankBits) + 1);
        registers[register] = Math.Max(registers[register], rank);
    }

    // O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6: needs no bias tables.
    private static long Estimate(byte[] registers)
    {
        Span<int> histogram = stackalloc int[RankBits + 2];
        histogram.Clear();
        foreach (var register in registers)
        {
            histogram[Math.Min(register, (byte)(RankBits + 1))]++;
        }

        var sum = Registers * Tau(1 - (histogram[RankBits + 1] / (double)Registers));
        for (var rank = RankBits; rank >= 1; rank--)
        {
            sum = 0.5 * (sum + histogram[rank]);
        }

        sum += Registers * Sigma(histogram[0] / (double)Registers);
        return (long)Math.Round(Registers * (double)Registers / (2 * Math.Log(2) * sum));
    }

    private static double Sigma(double x)
    {
        if (x == 1)
        {
            return double.PositiveInfinity;
        }

        double y = 1;
        var z = x;
        double previous;
        do
        {
            x *= x;
            previous = z;
            z += x * y;
            y += y;
        }
        while (z != previous);

        return z;
    }

    private static double Tau(double x)
    {
        if (x is 0 or 1)
        {
            return 0;
        }

        double y = 1;
        var z = 1 - x;
        double previous;
        do
        {
            x = Math.Sqrt(x);
            previous = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        }
        while (z != previous);

        return z / 3;
    }
}
