using CloudNativeAi.Web.Live;

namespace CloudNativeAi.Web.Tests.Live;

public sealed class TotalRateTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    [Fact]
    public void The_rate_is_the_growth_over_the_window()
    {
        var rate = new TotalRate(Window);
        for (var second = 0; second <= 30; second++)
        {
            // Ten a second at first, then a hundred.
            rate.Add(Start.AddSeconds(second), second <= 15 ? second * 10 : 150 + ((second - 15) * 100));
        }

        Assert.Equal(100, rate.PerSecond!.Value, 9);
    }

    [Fact]
    public void One_reading_is_no_rate()
    {
        var rate = new TotalRate(Window);
        rate.Add(Start, 1_000);

        Assert.Null(rate.PerSecond);
    }

    [Fact]
    public void A_total_that_begins_anew_gives_no_negative_rate()
    {
        var rate = new TotalRate(Window);
        rate.Add(Start, 1_000);
        rate.Add(Start.AddSeconds(1), 1_010);
        rate.Add(Start.AddSeconds(2), 5);

        Assert.Null(rate.PerSecond);

        rate.Add(Start.AddSeconds(3), 12);
        Assert.Equal(7, rate.PerSecond);
    }

    [Fact]
    public void The_same_reading_twice_changes_nothing()
    {
        var rate = new TotalRate(Window);
        rate.Add(Start, 0);
        rate.Add(Start.AddSeconds(1), 8);
        rate.Add(Start.AddSeconds(1), 8);

        Assert.Equal(8, rate.PerSecond);
    }

    [Fact]
    public void A_name_that_is_no_longer_fed_has_no_rate()
    {
        var book = new RateBook(Window);
        book.Add("gone", Start, 0);
        book.Add("gone", Start.AddSeconds(1), 10);
        Assert.Equal(10, book.Read(Start.AddSeconds(1))["gone"]);

        Assert.Empty(book.Read(Start.AddSeconds(12)));
    }
}
