using System.Globalization;
using System.Numerics;

namespace CloudNativeAi.FeatureStore.Tests.Transformations;

/// <summary>
/// Exact arithmetic by another road: integers in units of 2^-1074, rounded by writing out some hundred decimal digits and parsing them.
/// </summary>
internal static class ExactOracle
{
    private const int UnitExponent = 1074;

    // The middle between two subnormal doubles has 1,075 decimals. With fewer, a tie would be cut to something below it.
    private const int Digits = 1_100;

    public static double Sum(IEnumerable<double> values) => Round(Units(values), BigInteger.One << UnitExponent);

    public static double Mean(IReadOnlyCollection<double> values) => Round(Units(values), (BigInteger.One << UnitExponent) * values.Count);

    public static double SampleStandardDeviation(IReadOnlyCollection<double> values)
    {
        var sum = Units(values);
        var squares = values.Aggregate(BigInteger.Zero, (total, value) => total + (Units(value) * Units(value)));
        var numerator = (values.Count * squares) - (sum * sum);
        var denominator = (BigInteger)values.Count * (values.Count - 1) << (2 * UnitExponent);
        return SquareRoot(numerator, denominator);
    }

    private static BigInteger Units(IEnumerable<double> values) => values.Aggregate(BigInteger.Zero, (total, value) => total + Units(value));

    private static BigInteger Units(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var mantissa = (bits & 0xF_FFFF_FFFF_FFFF) | (exponent == 0 ? 0 : 1L << 52);
        var magnitude = (BigInteger)mantissa << (Math.Max(exponent, 1) - 1);
        return bits < 0 ? -magnitude : magnitude;
    }

    private static double Round(BigInteger numerator, BigInteger denominator)
    {
        var scaled = BigInteger.DivRem(BigInteger.Abs(numerator) * BigInteger.Pow(10, Digits), denominator, out var rest);
        var value = Parse(scaled, !rest.IsZero);
        return numerator.Sign < 0 ? -value : value;
    }

    private static double SquareRoot(BigInteger numerator, BigInteger denominator)
    {
        var radicand = BigInteger.DivRem(numerator * BigInteger.Pow(10, 2 * Digits), denominator, out var rest);
        if (radicand.IsZero)
        {
            return Parse(radicand, !rest.IsZero);
        }

        var root = BigInteger.One << (int)((radicand.GetBitLength() / 2) + 1);
        for (var next = BigInteger.Zero; ; root = next)
        {
            next = (root + (radicand / root)) / 2;
            if (next >= root)
            {
                break;
            }
        }

        return Parse(root, !rest.IsZero || root * root != radicand);
    }

    // A last digit says that something was cut off, so that a tie is not taken for one.
    private static double Parse(BigInteger digits, bool more) =>
        double.Parse($"{digits}{(more ? 1 : 0)}e-{Digits + 1}", NumberStyles.Float, CultureInfo.InvariantCulture);
}
