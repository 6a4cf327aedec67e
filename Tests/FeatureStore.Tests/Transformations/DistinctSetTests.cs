using CloudNativeAi.FeatureStore.Transformations;
using CsCheck;

namespace CloudNativeAi.FeatureStore.Tests.Transformations;

public sealed class DistinctSetTests
{
    [Theory]
    [InlineData("", 0xEF46DB3751D8E999)]
    [InlineData("a", 0xD24EC4F1A98C6E5B)]
    [InlineData("abc", 0x44BC2CF5AD770999)]
    public void Hash_of_strings_is_xxh64_with_seed_0(string value, ulong expected) => Assert.Equal(expected, DistinctSet.Hash(value));

    [Fact]
    public void Doubles_that_mean_the_same_are_one_value()
    {
        Assert.Equal(DistinctSet.Hash(0.0), DistinctSet.Hash(-0.0));
        Assert.Equal(DistinctSet.Hash(double.NaN), DistinctSet.Hash(-double.NaN));
    }

    [Fact]
    public void Up_to_256_values_are_counted_exactly()
    {
        var set = new DistinctSet();
        for (var i = 0; i < 1_000; i++)
        {
            set.Add(DistinctSet.Hash((long)(i % DistinctSet.MaxExact)));
        }

        Assert.Equal(DistinctSet.MaxExact, set.Count());
    }

    [Theory]
    [InlineData(257)]
    [InlineData(1_000)]
    [InlineData(20_000)]
    [InlineData(1_000_000)]
    public void Beyond_that_the_estimate_is_within_four_standard_errors(int distinct)
    {
        var set = new DistinctSet();
        for (long i = 0; i < distinct; i++)
        {
            set.Add(DistinctSet.Hash(i));
        }

        Assert.InRange(set.Count(), distinct * (1 - (4 * 0.01625)), distinct * (1 + (4 * 0.01625)));
    }

    [Fact]
    public void State_does_not_depend_on_order_or_splits() => Gen.Select(Gen.Int[0, 700].Array[0, 1_500], Gen.Int[0, 1_500], Gen.Int).Sample(
        (values, cut, seed) =>
        {
            var shuffled = values.ToArray();
            new Random(seed).Shuffle(shuffled);
            cut = Math.Min(cut, values.Length);
            var merged = new DistinctSet();
            merged.Add(SetOf(shuffled[cut..]));
            var reader = new PackedReader(Bytes(SetOf(shuffled[..cut])));
            merged.AddFrom(ref reader);

            Assert.Equal(Bytes(SetOf(values)), Bytes(merged));
            Assert.Equal(SetOf(values).Count(), merged.Count());
        },
        iter: 50);

    private static DistinctSet SetOf(IEnumerable<int> values)
    {
        var set = new DistinctSet();
        foreach (var value in values)
        {
            set.Add(DistinctSet.Hash((long)value));
        }

        return set;
    }

    private static byte[] Bytes(DistinctSet set)
    {
        var writer = new PackedWriter();
        set.Write(writer);
        return writer.Written.ToArray();
    }
}
