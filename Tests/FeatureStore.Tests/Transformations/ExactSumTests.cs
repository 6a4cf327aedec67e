using CloudNativeAi.FeatureStore.Transformations;
using CsCheck;

namespace CloudNativeAi.FeatureStore.Tests.Transformations;

public sealed class ExactSumTests
{
    // Everyday values, whole numbers, the whole range of doubles, subnormals: whatever meets in one sum.
    private static readonly Gen<double> Value = Gen.Frequency(
        (4, Gen.Double[-1_000, 1_000].Select(value => Math.Round(value, 2))),
        (2, Gen.Int[-500, 500].Select(value => (double)value)),
        (2, Gen.Double.Where(double.IsFinite)),
        (1, Gen.Double[-1e-300, 1e-300]),
        (1, Gen.Long[1, 1L << 52].Select(BitConverter.Int64BitsToDouble)));

    [Fact]
    public void Sum_is_the_exact_sum_rounded_once() => Value.Array[0, 40].Sample(values =>
        AssertSame(ExactOracle.Sum(values), SumOf(values).ToDouble()));

    [Fact]
    public void Mean_is_the_exact_mean_rounded_once() => Value.Array[1, 40].Sample(values =>
        AssertSame(ExactOracle.Mean(values), SumOf(values).Mean(values.Length)));

    [Fact]
    public void Mean_in_the_middle_between_two_subnormals_goes_to_the_even_one()
    {
        var odd = BitConverter.Int64BitsToDouble(4_318_777_769_397_063);

        Assert.Equal(2_159_388_884_698_532, BitConverter.DoubleToInt64Bits(SumOf([odd, 0]).Mean(2)));
        AssertSame(ExactOracle.Mean([odd, 0]), SumOf([odd, 0]).Mean(2));
    }

    [Fact]
    public void Standard_deviation_is_exact_under_the_root() => Value.Array[2, 20].Sample(
        values => AssertSame(
            ExactOracle.SampleStandardDeviation(values),
            ExactSum.SampleStandardDeviation(SumOf(values), SquaresOf(values), values.Length)),
        iter: 60);

    [Fact]
    public void State_does_not_depend_on_order_or_splits() => Gen.Select(Value.Array[0, 60], Gen.Int[0, 60], Gen.Int).Sample((values, cut, seed) =>
    {
        var shuffled = values.ToArray();
        new Random(seed).Shuffle(shuffled);
        cut = Math.Min(cut, values.Length);
        var left = SumOf(shuffled[..cut]);
        var right = new ExactSum();
        right.AddFromBytes(SumOf(shuffled[cut..]).ToBytes());
        left.Add(right);

        Assert.Equal(SumOf(values).ToBytes(), left.ToBytes());
        Assert.Equal(SquaresOf(values).ToBytes(), SquaresOf(shuffled).ToBytes());
    });

    [Fact]
    public void Integers_are_summed_as_integers() => Gen.Long.Array[0, 20].Sample(values =>
    {
        var sum = new ExactSum();
        var squares = new ExactSum();
        foreach (var value in values)
        {
            sum.Add(value);
            squares.AddSquare(value);
        }

        var expected = values.Aggregate(System.Numerics.BigInteger.Zero, (total, value) => total + value);
        var expectedSquares = values.Aggregate(System.Numerics.BigInteger.Zero, (total, value) => total + ((System.Numerics.BigInteger)value * value));
        AssertSame(double.Parse(expected.ToString(null, null), System.Globalization.CultureInfo.InvariantCulture), sum.ToDouble());
        AssertSame(double.Parse(expectedSquares.ToString(null, null), System.Globalization.CultureInfo.InvariantCulture), squares.ToDouble());
    });

    [Theory]
    [InlineData(new[] { double.NaN, 1 }, double.NaN)]
    [InlineData(new[] { double.PositiveInfinity, 1 }, double.PositiveInfinity)]
    [InlineData(new[] { double.NegativeInfinity, 1e300 }, double.NegativeInfinity)]
    [InlineData(new[] { double.PositiveInfinity, double.NegativeInfinity }, double.NaN)]
    [InlineData(new[] { double.MaxValue, double.MaxValue }, double.PositiveInfinity)]
    [InlineData(new[] { double.MaxValue, double.MaxValue, -double.MaxValue }, double.MaxValue)]
    [InlineData(new[] { 1e300, 1, -1e300 }, 1)]
    [InlineData(new[] { 0.1, 0.2, -0.1, -0.2 }, 0)]
    public void Special_values_follow_the_rules_of_floating_point(double[] values, double expected)
    {
        var sum = new ExactSum();
        sum.AddFromBytes(SumOf(values).ToBytes());

        AssertSame(expected, SumOf(values).ToDouble());
        AssertSame(expected, sum.ToDouble());
    }

    [Fact]
    public void A_sum_of_cancelled_values_is_as_small_as_an_empty_one()
    {
        var sum = SumOf([1e300, 3, -1e300, -3]);

        Assert.Equal(new ExactSum().ToBytes(), sum.ToBytes());
    }

    private static ExactSum SumOf(IEnumerable<double> values)
    {
        var sum = new ExactSum();
        foreach (var value in values)
        {
            sum.Add(value);
        }

        return sum;
    }

    private static ExactSum SquaresOf(IEnumerable<double> values)
    {
        var sum = new ExactSum();
        foreach (var value in values)
        {
            sum.AddSquare(value);
        }

        return sum;
    }

    private static void AssertSame(double expected, double actual) => Assert.True(
        BitConverter.DoubleToInt64Bits(expected) == BitConverter.DoubleToInt64Bits(actual) || (double.IsNaN(expected) && double.IsNaN(actual)),
        $"expected {expected:R}, got {actual:R}");
}

internal static class ExactSumBytes
{
    public static byte[] ToBytes(this ExactSum sum)
    {
        var writer = new PackedWriter();
        sum.Write(writer);
        return writer.Written.ToArray();
    }

    public static void AddFromBytes(this ExactSum sum, byte[] bytes)
    {
        var reader = new PackedReader(bytes);
        sum.AddFrom(ref reader);
        Assert.True(reader.AtEnd);
    }
}
