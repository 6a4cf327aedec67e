using CloudNativeAi.Web.Tests.Fakes;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CloudNativeAi.Web.Tests.Browser;

/// <summary>One service is gone: its numbers are marked as old, a notice says so, and everything else goes on.</summary>
public sealed class FailingServiceTests(FailingServiceTests.OwnHost host, Chromium chromium)
    : BrowserTestBase(host, chromium), IClassFixture<FailingServiceTests.OwnHost>
{
    /// <summary>The other tests need all services.</summary>
    public sealed class OwnHost : WebHost;

    [Fact]
    public async Task A_service_that_goes_away_takes_nothing_else_with_it()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await NewPageAsync(context);
        await page.GotoAsync("overview");
        await SettleAsync(page);
        await Expect(page.GetByRole(AriaRole.Link, new() { NameRegex = new("^Monitoring healthy|^Monitoring needs attention") })).ToBeVisibleAsync();

        await Host.Platform.StopAsync("monitoring");

        // On the overview: the hop, the list of what needs attention; the other hops go on.
        await Expect(page.GetByRole(AriaRole.Link, new() { NameRegex = new("Monitoring failing") })).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Monitoring is down" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { NameRegex = new("Ingestion healthy") })).ToBeVisibleAsync();
        var clock = await page.Locator(".live-pill .clock").TextContentAsync();
        await Expect(page.Locator(".live-pill .clock")).Not.ToHaveTextAsync(clock!);
        Assert.Empty((await page.RunAxe()).Violations);

        // On its own page: the old numbers with their age, and a panel that can be tried again.
        await page.GotoAsync("monitoring");
        await SettleAsync(page);
        await Expect(page.GetByText("Monitoring is down since")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Table of watched models" })).ToContainTextAsync("flight_delay");
        await Expect(page.GetByRole(AriaRole.Alert).GetByText("The alerts could not be read")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Try again" })).ToBeVisibleAsync();
        await ScreenshotAsync(page, "monitoring-down-1280-light");
        Assert.Empty((await page.RunAxe()).Violations);

        // Elsewhere nothing is missing.
        await page.GotoAsync("sources");
        await SettleAsync(page);
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Table of sources" }).Locator("tbody tr")).ToHaveCountAsync(4);
        await page.GotoAsync("system");
        await SettleAsync(page);
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Monitoring" }).First).ToContainTextAsync("down");
        Assert.Empty(complaints);
    }
}
