using CloudNativeAi.Web.Display;

namespace CloudNativeAi.Web.Tests.Display;

public sealed class FormatTests
{
    // What the page shows, with the narrow space written as a plain one.
    private static string Plain(object text) => text.ToString()!.Replace('\u202f', ' ');

    [Theory]
    [InlineData(0.0, "0 events/s")]
    [InlineData(0.5, "0.500 events/s")]
    [InlineData(999.4, "999 events/s")]
    [InlineData(1_240.0, "1.24 k events/s")]
    [InlineData(999_600.0, "1.00 M events/s")]
    [InlineData(2.5e9, "2.50 G events/s")]
    [InlineData(double.NaN, "—")]
    [InlineData(null, "—")]
    public void Rates_have_three_digits_and_a_prefix(double? rate, string expected) =>
        Assert.Equal(expected, Plain(Format.Rate(rate, "events")));

    [Theory]
    [InlineData(0, "0 ms")]
    [InlineData(0.000582, "582 µs")]
    [InlineData(0.0182, "18.2 ms")]
    [InlineData(0.9999, "1.00 s")]
    [InlineData(1.5, "1.50 s")]
    [InlineData(125, "2 min 05 s")]
    [InlineData(double.PositiveInfinity, "—")]
    public void Latency_changes_its_unit(double seconds, string expected) => Assert.Equal(expected, Plain(Format.Latency(seconds)));

    [Theory]
    [InlineData(0.6125, "+0.613")]
    [InlineData(-0.2, "\u22120.200")]
    [InlineData(0, "0.000")]
    [InlineData(double.NaN, "—")]
    public void Difference_shows_its_sign(double difference, string expected) => Assert.Equal(expected, Format.Difference(difference));

    [Theory]
    [InlineData(0.85, "850 ms")]
    [InlineData(12, "12 s")]
    [InlineData(245, "4 min 05 s")]
    [InlineData(3_840, "1 h 04 min")]
    [InlineData(266_400, "3 d 02 h")]
    [InlineData(-12, "-12 s")]
    public void Durations_show_two_units(double seconds, string expected) => Assert.Equal(expected, Plain(Format.Duration(TimeSpan.FromSeconds(seconds))));

    [Theory]
    [InlineData(0.4, "now")]
    [InlineData(59.9, "59 s ago")]
    [InlineData(240, "4 min ago")]
    [InlineData(7_200, "2 h ago")]
    [InlineData(86_400 * 4_849d, "4,849 d ago")]
    [InlineData(-240, "in 4 min")]
    public void Ages_show_one_unit(double seconds, string expected) => Assert.Equal(expected, Plain(Format.Ago(TimeSpan.FromSeconds(seconds))));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1_834_201, "1.75 MiB")]
    [InlineData(long.MaxValue, "8388608 TiB")]
    public void Files_are_measured_in_binary_units(long bytes, string expected) => Assert.Equal(expected, Plain(Format.Bytes(bytes)));

    [Fact]
    public void Zero_is_zero_and_unknown_is_a_dash()
    {
        Assert.Equal("0.0 %", Plain(Format.Share(0)));
        Assert.Equal("0.0000", Format.Auc(0));
        Assert.Equal(Format.Unknown, Format.Share(null));
        Assert.Equal(Format.Unknown, Format.Psi(double.NaN));
        Assert.Equal(Format.Unknown, Format.Number(double.NegativeInfinity));
    }

    [Theory]
    [InlineData(1_234_567, "1,234,567")]
    [InlineData(12.34567, "12.3457")]
    [InlineData(0.00001234, "1.234e-5")]
    [InlineData(-0.5, "-0.5")]
    public void Numbers_of_tables_are_grouped(double number, string expected) => Assert.Equal(expected, Format.Number(number));

    [Fact]
    public void Ids_keep_their_end_and_digests_their_beginning()
    {
        Assert.Equal("…3f1b2c4d5e6f", Format.ShortId("0199f3a2-7c1e-7d40-9a55-3f1b2c4d5e6f"));
        Assert.Equal("short", Format.ShortId("short"));
        Assert.Equal("0123456789ab…", Format.ShortDigest("0123456789abcdef"));
        Assert.Equal(Format.Unknown, Format.ShortDigest(""));
    }
}
