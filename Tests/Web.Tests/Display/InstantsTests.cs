using CloudNativeAi.Web.Display;

namespace CloudNativeAi.Web.Tests.Display;

public sealed class InstantsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public void Zero_and_what_no_calendar_has_are_never(long micros) => Assert.Null(Instants.FromMicros(micros));

    [Fact]
    public void Micros_survive_the_round_trip() =>
        Assert.Equal(1_772_366_400_123_456, Instants.ToMicros(Instants.FromMicros(1_772_366_400_123_456)!.Value));

    [Fact]
    public void Tables_show_the_year_only_of_other_years()
    {
        Assert.Equal("02-28 23:59:59", Instants.Table(new DateTimeOffset(2026, 3, 1, 1, 59, 59, TimeSpan.FromHours(2)), Noon));
        Assert.Equal("2013-08-14 17:00", Instants.Table(new DateTimeOffset(2013, 8, 14, 17, 0, 0, TimeSpan.Zero), Noon));
    }

    [Fact]
    public void Iso_is_utc() =>
        Assert.Equal("2026-03-01T10:00:00.000Z", Instants.Iso(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.FromHours(2))));

    [Theory]
    [InlineData("now-90m", "2026-03-01T10:30:00Z")]
    [InlineData("now-6h", "2026-03-01T06:00:00Z")]
    [InlineData("now-7d", "2026-02-22T12:00:00Z")]
    [InlineData("2013-08-14T17:00:00Z", "2013-08-14T17:00:00Z")]
    [InlineData("now-", null)]
    [InlineData("now-6", null)]
    [InlineData("now-xh", null)]
    [InlineData("now-999999999d", null)]
    [InlineData("yesterday", null)]
    public void What_an_address_says_is_read(string text, string? expected)
    {
        var now = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        Assert.Equal(expected is null ? null : DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), Instants.Read(text, now));
    }
}
