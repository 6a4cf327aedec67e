using System.Numerics;

namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>
/// A sum of doubles, integers and squares without any rounding: signed 64-bit limbs, limb i of weight 2^(32 i), held as a window
/// over the limbs in use. Adding is integer addition, so the state depends on the multiset of values alone, not on their order or
/// how they were split. Rounded once, when a value is served.
/// </summary>
/// <remarks>
/// A limb takes less than 2^32 per addition; carries move after 2^30 of them at the latest. The window is at most 135 limbs
/// (squares of the smallest to the largest double), 1 to 4 for values of similar size.
/// </remarks>
internal sealed class ExactSum
{
    private const int LimbBits = 32;
    private const int MaxLimbs = 256;
    private const long MaxAdditions = 1L << 30;

    private long[] _limbs = [];
    private int _first;
    private int _count;
    private long _additions;
    private long _nans;
    private long _positiveInfinities;
    private long _negativeInfinities;

    public void Add(double value)
    {
        if (Split(value, out var mantissa, out var exponent, out var negative))
        {
            AddInteger(mantissa, exponent, negative);
        }
    }

    public void AddSquare(double value)
    {
        if (Split(Math.Abs(value), out var mantissa, out var exponent, out _))
        {
            AddInteger((UInt128)mantissa * mantissa, 2 * exponent, negative: false);
        }
    }

    public void Add(long value) => AddInteger(UnsignedMagnitude(value), 0, value < 0);

    public void AddSquare(long value)
    {
        var magnitude = (UInt128)UnsignedMagnitude(value);
        AddInteger(magnitude * magnitude, 0, negative: false);
    }

    public void Add(ExactSum other)
    {
        _nans += other._nans;
        _positiveInfinities += other._positiveInfinities;
        _negativeInfinities += other._negativeInfinities;
        if (other._count == 0)
        {
            return;
        }

        if (_additions + other._additions > MaxAdditions)
        {
            Carry();
            other.Carry();
        }

        Cover(other._first, other._count);
        var target = _limbs.AsSpan(other._first - _first, other._count);
        var source = other._limbs.AsSpan(0, other._count);
        for (var i = 0; i < source.Length; i++)
        {
            target[i] += source[i];
        }

        _additions += other._additions;
    }

    public void Clear()
    {
        _count = 0;
        _first = 0;
        _additions = 0;
        _nans = _positiveInfinities = _negativeInfinities = 0;
    }

    /// <summary>The sum, rounded to nearest, ties to even.</summary>
    public double ToDouble() => Special() ?? ExactRounding.ToDouble(Integer(out var exponent), BigInteger.One, exponent);

    /// <summary>The sum over <paramref name="count"/>, rounded once.</summary>
    public double Mean(long count) => Special() ?? ExactRounding.ToDouble(Integer(out var exponent), count, exponent);

    /// <summary>Sample standard deviation of <paramref name="count"/> values from their exact sum and sum of squares, rounded once.</summary>
    public static double SampleStandardDeviation(ExactSum sum, ExactSum squares, long count)
    {
        if (sum.Special() is not null || squares.Special() is not null)
        {
            return double.NaN;
        }

        // (n Q - S^2) / (n (n - 1)), all of it on integers of one weight.
        var s = sum.Integer(out var sumExponent);
        var q = squares.Integer(out var squaresExponent);
        var exponent = Math.Min(2 * sumExponent, squaresExponent);
        var numerator = (count * (q << (squaresExponent - exponent))) - ((s * s) << ((2 * sumExponent) - exponent));
        return ExactRounding.SquareRoot(numerator, (BigInteger)count * (count - 1), exponent);
    }

    /// <summary>Canonical: equal sums have equal bytes.</summary>
    public void Write(PackedWriter writer)
    {
        Carry();
        var special = (_nans | _positiveInfinities | _negativeInfinities) != 0;
        var negative = _count > 0 && _limbs[_count - 1] < 0;
        writer.WriteVarint(((ulong)_count << 2) | (special ? 2UL : 0) | (negative ? 1UL : 0));
        if (special)
        {
            writer.WriteSignedVarint(_nans);
            writer.WriteSignedVarint(_positiveInfinities);
            writer.WriteSignedVarint(_negativeInfinities);
        }

        if (_count == 0)
        {
            return;
        }

        writer.WriteSignedVarint(_first);
        for (var i = 0; i < _count; i++)
        {
            writer.WriteVarint((ulong)Math.Abs(_limbs[i]));
        }
    }

    /// <summary>Adds a written sum to this one.</summary>
    public void AddFrom(ref PackedReader reader)
    {
        var head = reader.ReadVarint();
        var count = checked((int)(head >> 2));
        if ((head & 2) != 0)
        {
            _nans += reader.ReadSignedVarint();
            _positiveInfinities += reader.ReadSignedVarint();
            _negativeInfinities += reader.ReadSignedVarint();
        }

        if (count == 0)
        {
            return;
        }

        var first = checked((int)reader.ReadSignedVarint());
        if (count > MaxLimbs || first is < -MaxLimbs or > MaxLimbs)
        {
            throw new InvalidDataException("A packed sum is out of range.");
        }

        if (++_additions > MaxAdditions)
        {
            Carry();
            _additions++;
        }

        Cover(first, count);
        var negative = (head & 1) != 0;
        for (var i = first - _first; i < first - _first + count; i++)
        {
            var limb = checked((uint)reader.ReadVarint());
            _limbs[i] += negative ? -(long)limb : limb;
        }
    }

    private static ulong UnsignedMagnitude(long value) => value < 0 ? (ulong)-value : (ulong)value;

    // False when there is nothing to add: zero, or one of the values that have no exact sum and are counted apart.
    private bool Split(double value, out ulong mantissa, out int exponent, out bool negative)
    {
        var bits = BitConverter.DoubleToUInt64Bits(value);
        negative = (bits >> 63) != 0;
        var biased = (int)((bits >> 52) & 0x7FF);
        mantissa = bits & 0xF_FFFF_FFFF_FFFF;
        exponent = 0;
        if (biased == 0x7FF)
        {
            if (mantissa != 0)
            {
                _nans++;
            }
            else if (negative)
            {
                _negativeInfinities++;
            }
            else
            {
                _positiveInfinities++;
            }

            return false;
        }

        if (biased == 0)
        {
            biased = 1;
        }
        else
        {
            mantissa |= 1UL << 52;
        }

        if (mantissa == 0)
        {
            return false;
        }

        var zeros = BitOperations.TrailingZeroCount(mantissa);
        mantissa >>= zeros;
        exponent = biased - 1075 + zeros;
        return true;
    }

    // magnitude * 2^exponent, at most 128 bits.
    private void AddInteger(UInt128 magnitude, int exponent, bool negative)
    {
        if (magnitude == UInt128.Zero)
        {
            return;
        }

        if (++_additions > MaxAdditions)
        {
            Carry();
            _additions++;
        }

        var limb = exponent >> 5;
        var shift = exponent & 31;
        var low = magnitude << shift;
        // What the shift pushed out at the top: at most 31 bits.
        var high = shift == 0 ? 0UL : (ulong)(magnitude >> (128 - shift));
        Span<uint> parts = [(uint)low, (uint)(low >> 32), (uint)(low >> 64), (uint)(low >> 96), (uint)high];
        var used = 5;
        while (parts[used - 1] == 0)
        {
            used--;
        }

        Cover(limb, used);
        var target = _limbs.AsSpan(limb - _first, used);
        for (var i = 0; i < used; i++)
        {
            target[i] += negative ? -(long)parts[i] : parts[i];
        }
    }

    // Widens the window so that it holds limbs [first, first + count).
    private void Cover(int first, int count)
    {
        if (_count == 0)
        {
            if (_limbs.Length < count)
            {
                _limbs = new long[Math.Max(count, 4)];
            }

            _limbs.AsSpan(0, count).Clear();
            _first = first;
            _count = count;
            return;
        }

        var newFirst = Math.Min(_first, first);
        var newCount = Math.Max(_first + _count, first + count) - newFirst;
        if (newFirst == _first && newCount == _count)
        {
            return;
        }

        var offset = _first - newFirst;
        var limbs = _limbs.Length >= newCount ? _limbs : new long[newCount + 2];
        _limbs.AsSpan(0, _count).CopyTo(limbs.AsSpan(offset));
        limbs.AsSpan(0, offset).Clear();
        limbs.AsSpan(offset + _count, newCount - offset - _count).Clear();
        _limbs = limbs;
        _first = newFirst;
        _count = newCount;
    }

    // Brings the limbs to the one form that equal sums share: all of one sign, each below 2^32, no zero limb at either end.
    private void Carry()
    {
        if (_count == 0)
        {
            _additions = 0;
            return;
        }

        var carry = Propagate();
        while (carry is not 0 and not -1)
        {
            Cover(_first, _count + 1);
            _limbs[_count - 1] = (uint)carry;
            carry >>= LimbBits;
        }

        if (carry == -1)
        {
            // Two's complement: negate to get the magnitude, then give every limb the sign.
            for (var i = 0; i < _count; i++)
            {
                _limbs[i] = -_limbs[i];
            }

            carry = Propagate() + 1;
            if (carry > 0)
            {
                Cover(_first, _count + 1);
                _limbs[_count - 1] = carry;
            }

            for (var i = 0; i < _count; i++)
            {
                _limbs[i] = -_limbs[i];
            }
        }

        Trim();
        _additions = 1;
    }

    private long Propagate()
    {
        long carry = 0;
        for (var i = 0; i < _count; i++)
        {
            var limb = _limbs[i] + carry;
            carry = limb >> LimbBits;
            _limbs[i] = (uint)limb;
        }

        return carry;
    }

    private void Trim()
    {
        while (_count > 0 && _limbs[_count - 1] == 0)
        {
            _count--;
        }

        var leading = 0;
        while (leading < _count && _limbs[leading] == 0)
        {
            leading++;
        }

        if (leading > 0)
        {
            _limbs.AsSpan(leading, _count - leading).CopyTo(_limbs);
            _first += leading;
            _count -= leading;
        }
    }

    private double? Special()
    {
        if (_nans != 0 || (_positiveInfinities != 0 && _negativeInfinities != 0))
        {
            return double.NaN;
        }

        return _positiveInfinities != 0 ? double.PositiveInfinity
            : _negativeInfinities != 0 ? double.NegativeInfinity
            : null;
    }

    // The sum is the returned integer times 2^exponent.
    private BigInteger Integer(out int exponent)
    {
        Carry();
        exponent = _first * LimbBits;
        var value = BigInteger.Zero;
        for (var i = _count - 1; i >= 0; i--)
        {
            value = (value << LimbBits) + _limbs[i];
        }

        return value;
    }
}
