using System.Numerics;

namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>The one rounding of an exact value to a double: to nearest, ties to even, subnormals and overflow included.</summary>
internal static class ExactRounding
{
    private const int MantissaBits = 53;
    private const int SmallestExponent = -1074;

    /// <summary>numerator / denominator * 2^exponent. The denominator is positive.</summary>
    public static double ToDouble(BigInteger numerator, BigInteger denominator, int exponent)
    {
        if (numerator.IsZero)
        {
            return 0;
        }

        // Exact in hardware: both fit a double, and one division of them is one rounding.
        if (BigInteger.Abs(numerator) <= (1L << MantissaBits) && denominator <= (1L << MantissaBits) && exponent is > -900 and < 900)
        {
            return Math.ScaleB((double)(long)numerator / (long)denominator, exponent);
        }

        var magnitude = BigInteger.Abs(numerator);
        // Enough bits for the quotient to have 64 or more; what is lost below them is kept as one sticky bit.
        var shift = Math.Max(0, 66 - (int)(magnitude.GetBitLength() - denominator.GetBitLength()));
        var quotient = BigInteger.DivRem(magnitude << shift, denominator, out var remainder);
        var value = Round(quotient, !remainder.IsZero, exponent - shift);
        return numerator.Sign < 0 ? -value : value;
    }

    /// <summary>The square root of numerator / denominator * 2^exponent; 0 when the numerator is not positive.</summary>
    public static double SquareRoot(BigInteger numerator, BigInteger denominator, int exponent)
    {
        if (numerator.Sign <= 0)
        {
            return 0;
        }

        var shift = Math.Max(0, 132 - (int)(numerator.GetBitLength() - denominator.GetBitLength()));
        // The exponent under the root must be even.
        if (((exponent - shift) & 1) != 0)
        {
            shift++;
        }

        var radicand = BigInteger.DivRem(numerator << shift, denominator, out var remainder);
        var root = IntegerSquareRoot(radicand);
        return Round(root, !remainder.IsZero || root * root != radicand, (exponent - shift) / 2);
    }

    // value * 2^exponent, plus something below one unit when sticky.
    private static double Round(BigInteger value, bool sticky, int exponent)
    {
        var bits = (int)value.GetBitLength();
        var drop = Math.Max(bits - MantissaBits, SmallestExponent - exponent);
        if (drop <= 0)
        {
            return Math.ScaleB((double)(ulong)value, exponent);
        }

        var kept = value >> drop;
        var half = ((value >> (drop - 1)) & BigInteger.One) == BigInteger.One;
        var below = sticky || (value & ((BigInteger.One << (drop - 1)) - BigInteger.One)) != BigInteger.Zero;
        if (half && (below || !kept.IsEven))
        {
            kept += BigInteger.One;
        }

        // kept <= 2^53, and its lowest bit is not below the smallest subnormal: scaling is exact, or overflows to infinity.
        return Math.ScaleB((double)(ulong)kept, exponent + drop);
    }

    private static BigInteger IntegerSquareRoot(BigInteger value)
    {
        // Newton from above: decreases until it is the floor of the root.
        var root = BigInteger.One << (int)((value.GetBitLength() + 1) / 2);
        while (true)
        {
            var next = (root + (value / root)) >> 1;
            if (next >= root)
            {
                return root;
            }

            root = next;
        }
    }
}
