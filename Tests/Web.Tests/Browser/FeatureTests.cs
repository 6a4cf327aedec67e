using CloudNativeAi.Web.Tests.Fakes;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CloudNativeAi.Web.Tests.Browser;

/// <summary>What is known of features: who has them, what they look like, who depends on them.</summary>
public sealed class FeatureTests(WebHost host, Chromium chromium) : BrowserTestBase(host, chromium)
{
    [Fact]
    public async Task The_catalogue_is_searched_by_view_feature_join_key_and_owner()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, "features?q=tailnum");
        var views = page.GetByRole(AriaRole.Region, new() { Name = "Table of feature views" }).Locator("tbody tr");
        await Expect(views).ToHaveCountAsync(2);
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Table of entities" }).Locator("tbody tr")).ToHaveCountAsync(1);

        var search = page.GetByRole(AriaRole.Searchbox, new() { Name = "Search the catalogue" });
        await search.FillAsync("flights");
        await Expect(views).ToHaveCountAsync(7);
        await search.FillAsync("mean_7d");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Table of features found" })).ToContainTextAsync("flight_delay");
        Assert.Empty((await page.RunAxe()).Violations);
        await page.GetByRole(AriaRole.Link, new() { Name = "arr_delay_mean_7d", Exact = true }).First.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "route_arrivals", Level = 1 })).ToBeVisibleAsync();

        await page.GotoAsync("features?q=no%20such%20thing");
        await SettleAsync(page);
        await Expect(page.GetByText("No feature view matches “no such thing”")).ToBeVisibleAsync();
        await Expect(page.GetByText("No entity matches “no such thing”.")).ToBeVisibleAsync();
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Statistics_show_shares_and_a_distribution_that_is_a_table_too()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, "features/route_arrivals");
        var table = page.GetByRole(AriaRole.Region, new() { Name = "Table of feature statistics" });
        await Expect(table.GetByRole(AriaRole.Row, new() { NameRegex = new("^arr_delay_mean_30d") })).ToContainTextAsync("8.0\u202f%");
        await Expect(page.GetByText("a sample of 500 of 1,240 entities")).ToBeVisibleAsync();

        await table.GetByRole(AriaRole.Link, new() { Name = "arr_delay_mean_30d" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Distribution of arr_delay_mean_30d" })).ToBeVisibleAsync();
        await Expect(page.GetByText("median 23")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Table of most frequent values" })).ToContainTextAsync("no value");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show as table : distribution of arr_delay_mean_30d" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Distribution of arr_delay_mean_30d as a table" }).Locator("tbody tr")).ToHaveCountAsync(20);

        // What was chosen stays when the instant moves.
        await page.GetByRole(AriaRole.Link, new() { Name = "Look as of the newest event" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex(@"features/route_arrivals/arr_delay_mean_30d\?asof=2013-08-14T16%3A57%3A00.000Z"));
        await SettleAsync(page);
        await Expect(page.GetByText("as served at 2013-08-14 16:57 UTC")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Look as of the newest event" })).ToHaveCountAsync(0);

        await page.GotoAsync("features/aircraft_facts");
        await SettleAsync(page);
        await Expect(page.GetByText("No entity had an event by then")).ToBeVisibleAsync();
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Lineage_leads_from_the_source_to_the_versions_that_depend_on_a_feature()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, "features/route_arrivals/arr_delay_mean_7d");
        var lineage = page.Locator("#lineage");

        await Expect(lineage.GetByRole(AriaRole.Link, new() { Name = "arrivals", Exact = true })).ToHaveAttributeAsync("href", "sources/arrivals");
        await Expect(lineage.GetByRole(AriaRole.Link, new() { Name = "flight_delay", Exact = true })).ToHaveCountAsync(2);
        await Expect(lineage).ToContainTextAsync("and 4 more");
        await Expect(lineage).Not.ToContainTextAsync("taxi_time");
        await lineage.GetByRole(AriaRole.Link, new() { Name = "v8", Exact = true }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("models/flight_delay/versions/8$"));
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task A_value_that_training_would_see_otherwise_is_shown_where_its_view_is()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, "features/route_arrivals");
        var mismatches = page.GetByRole(AriaRole.Region, new() { Name = "Table of mismatches" });
        await Expect(mismatches).ToContainTextAsync("7.250000000000001");
        await Expect(page.GetByRole(AriaRole.Progressbar, new() { Name = "Online store, share of the event log" })).ToBeVisibleAsync();

        await page.GotoAsync("features/origin_weather");
        await SettleAsync(page);
        await Expect(page.Locator("#parity")).ToContainTextAsync("equal");
        await Expect(mismatches).ToHaveCountAsync(0);
        Assert.Empty(complaints);
    }
}
