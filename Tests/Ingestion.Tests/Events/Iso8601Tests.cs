using System.Globalization;
using System.Text;
using CloudNativeAi.Ingestion.Events;
using CloudNativeAi.Ingestion.EventLog;
using CsCheck;

namespace CloudNativeAi.Ingestion.Tests.Events;

public sealed class Iso8601Tests
{
    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0)]
    [InlineData("2014-01-01T00:00:00Z", 1_388_534_400_000_000)]
    [InlineData("2014-01-01t00:00z", 1_388_534_400_000_000)]
    [InlineData("2014-01-01 01:00:00+01:00", 1_388_534_400_000_000)]
    [InlineData("2013-12-31T16:00:00-0800", 1_388_534_400_000_000)]
    [InlineData("2014-01-01T05:30:00.5+05:30", 1_388_534_400_500_000)]
    [InlineData("1969-12-31T23:59:59.999999999Z", -1)]
    [InlineData("2000-02-29T00:00:00+00", 951_782_400_000_000)]
    public void An_instant_with_a_zone_is_read_to_the_microsecond(string text, long expected)
    {
        Assert.True(Iso8601.TryParse(Encoding.UTF8.GetBytes(text), out var micros));
        Assert.Equal(expected, micros);
    }

    [Theory]
    [InlineData("2014-01-01T00:00:00")]
    [InlineData("2014-01-01")]
    [InlineData("2014-02-29T00:00:00Z")]
    [InlineData("2014-13-01T00:00:00Z")]
    [InlineData("2014-01-01T24:00:00Z")]
    [InlineData("2014-01-01T00:60:00Z")]
    [InlineData("2014-01-01T00:00:60Z")]
    [InlineData("2014-01-01T00:00:00.Z")]
    [InlineData("2014-01-01T00:00:00+1:00")]
    [InlineData("2014-01-01T00:00:00+99:00")]
    [InlineData("2014-01-01T00:00:00ZZ")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("14-01-01T00:00:00Z")]
    [InlineData("")]
    public void Anything_else_is_no_instant(string text) => Assert.False(Iso8601.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void Every_instant_that_dotnet_writes_is_read_back() =>
        Gen.Select(Gen.Long[-62_135_596_800_000_000, 253_402_214_400_000_000], Gen.Int[-14 * 60, 14 * 60]).Sample((micros, minutes) =>
        {
            var instant = DateTimeOffset.UnixEpoch.AddTicks(micros * 10);
            if (instant.UtcTicks + TimeSpan.FromMinutes(minutes).Ticks is < 0 or > 3_155_378_975_999_999_999)
            {
                return;
            }

            var text = instant.ToOffset(TimeSpan.FromMinutes(minutes)).ToString("yyyy-MM-ddTHH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture);

            Assert.True(Iso8601.TryParse(Encoding.UTF8.GetBytes(text), out var parsed), text);
            Assert.Equal(instant.ToMicros(), parsed);
        });

    [Fact]
    public void No_text_is_too_strange() =>
        Gen.Byte.Array[0, 40].Sample(bytes => Iso8601.TryParse(bytes, out _) || true);
}
