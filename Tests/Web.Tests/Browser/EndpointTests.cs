using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Web.Tests.Fakes;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CloudNativeAi.Web.Tests.Browser;

/// <summary>What is served, and how its traffic is split. It changes what the other tests see, so it has services of its own.</summary>
public sealed class EndpointTests(EndpointTests.OwnHost host, Chromium chromium) : BrowserTestBase(host, chromium), IClassFixture<EndpointTests.OwnHost>
{
    public sealed class OwnHost : WebHost;

    private const string Endpoint = "endpoints/flight_delay";

    [Fact]
    public async Task Versions_are_summed_over_the_replicas_and_say_what_they_do()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, "endpoints");
        var table = page.GetByRole(AriaRole.Region, new() { Name = "Table of served versions" });

        var champion = table.GetByRole(AriaRole.Row).Filter(new() { HasText = "v7" });
        await Expect(champion).ToContainTextAsync("ready");
        await Expect(champion).ToContainTextAsync("of 4,096");
        // Two replicas of 4.5 MiB each.
        await Expect(champion).ToContainTextAsync("9 MiB");
        await Expect(table.GetByRole(AriaRole.Row).Filter(new() { HasText = "taxi_in" })).ToContainTextAsync("unloaded");
        await Expect(page.GetByText("the next request loads it")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Table of replicas" }).Locator("tbody tr")).ToHaveCountAsync(2);

        await table.GetByRole(AriaRole.Link, new() { Name = "v8" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Version 8" })).ToBeVisibleAsync();
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex(@"endpoints/flight_delay\?version=8$"));
        await Expect(page.GetByText("192,000 rows in 123,000 runs, 1.56 on average.")).ToBeVisibleAsync();
        await Expect(page.GetByText("not used")).ToBeVisibleAsync();
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Latency_is_shown_by_part_and_as_a_table_by_keyboard()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, Endpoint);

        await page.GetByRole(AriaRole.Link, new() { Name = "Queue", Exact = true }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("view=queue"));
        await Expect(page.GetByText("Queue, waiting for an instance: half took at most 1 µs")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Show as table ?: Latency$") }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        // Both replicas' 1,900.
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Latency as a table" })).ToContainTextAsync("3,800");
        Assert.Empty((await page.RunAxe()).Violations);
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task The_split_is_set_by_keyboard_with_a_reason_and_changes_live()
    {
        Reset();
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, Endpoint);
        await using var otherContext = await OpenAsync();
        var (other, _) = await OpenPageAsync(otherContext, Endpoint);
        await Expect(page.GetByText("In force: challenger v8 answers 10\u202f%, champion v7 the rest; no mirroring.")).ToBeVisibleAsync();

        var slider = page.GetByRole(AriaRole.Slider, new() { Name = "Challenger's share" });
        await slider.FocusAsync();
        foreach (var percent in (string[])["11", "12", "13"])
        {
            await page.Keyboard.PressAsync("ArrowRight");
            await Expect(page.GetByLabel("Challenger's share in percent")).ToHaveValueAsync(percent);
        }

        var set = page.GetByRole(AriaRole.Button, new() { Name = "Set the challenger's share to 13" });
        await set.ClickAsync();
        await Expect(page.GetByText("Say why: the history keeps it.")).ToBeVisibleAsync();
        Assert.Equal(0.1, Host.Platform.World.Traffic.ChallengerShare);

        await page.GetByLabel("Reason, kept in the history").FillAsync("It did well on a tenth.");
        await page.GetByLabel("Your name").FillAsync("jana");
        await set.PressAsync("Enter");
        await Expect(page.GetByText("The challenger's share is 13\u202f% now.")).ToBeVisibleAsync();

        var entry = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "It did well on a tenth." });
        await Expect(entry).ToContainTextAsync("challenger's share: 10\u202f% → 13\u202f%");
        await Expect(entry).ToContainTextAsync("by jana");
        Assert.Equal(0.13, Host.Platform.World.Traffic.ChallengerShare);

        // Whoever looks sees it, too, and an untouched form follows.
        await Expect(other.GetByText("In force: challenger v8 answers 13\u202f%")).ToBeVisibleAsync();
        await Expect(other.GetByLabel("Challenger's share in percent")).ToHaveValueAsync("13");
        await ScreenshotAsync(page, "endpoint-set-1280-light");
        Assert.Empty((await page.RunAxe()).Violations);
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task A_split_that_was_changed_meanwhile_is_not_overwritten()
    {
        Reset();
        await using var context = await OpenAsync();
        var (page, _) = await OpenPageAsync(context, Endpoint);
        await page.Keyboard.PressAsync(" ");
        await page.GetByLabel("Challenger's share in percent").FillAsync("50");
        await page.GetByLabel("Reason, kept in the history").FillAsync("I was too slow.");
        SetShare(0.2);

        // Paused, so that the page cannot know of it.
        await page.GetByRole(AriaRole.Button, new() { Name = "Set the challenger's share to 50" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("It changed in the meantime: challenger v8 answers 20\u202f%");
        Assert.Equal(0.2, Host.Platform.World.Traffic.ChallengerShare);

        // Decided anew, it is set.
        await page.GetByRole(AriaRole.Button, new() { Name = "Begin again from it" }).ClickAsync();
        await Expect(page.GetByLabel("Challenger's share in percent")).ToHaveValueAsync("20");
        await page.GetByLabel("Challenger's share in percent").FillAsync("25");
        await page.GetByRole(AriaRole.Button, new() { Name = "Set the challenger's share to 25" }).ClickAsync();
        await Expect(page.GetByText("The challenger's share is 25\u202f% now.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_change_of_others_is_said_while_one_decides()
    {
        Reset();
        await using var context = await OpenAsync();
        var (page, _) = await OpenPageAsync(context, Endpoint);
        await page.GetByLabel("Challenger's share in percent").FillAsync("50");
        await page.GetByLabel("Your name").FocusAsync();

        SetShare(0.3);

        await Expect(page.GetByText("It changed while you were deciding.")).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Challenger's share in percent")).ToHaveValueAsync("50");
    }

    private void Reset()
    {
        lock (Host.Platform.World.Gate)
        {
            Host.Platform.World.Audit.Clear();
        }

        SetShare(0.1);
    }

    private void SetShare(double share)
    {
        lock (Host.Platform.World.Gate)
        {
            Host.Platform.World.Traffic = new TrafficPolicy { ChallengerShare = share };
            Host.Platform.World.Revision++;
        }
    }
}
