using CloudNativeAi.Web.Tests.Fakes;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CloudNativeAi.Web.Tests.Browser;

/// <summary>Ingestion and the feature store are gone: each panel says so and can be tried again; what others know is there.</summary>
public sealed class FeaturePlaneDownTests(FeaturePlaneDownTests.OwnHost host, Chromium chromium)
    : BrowserTestBase(host, chromium), IClassFixture<FeaturePlaneDownTests.OwnHost>
{
    /// <summary>The other tests need all services.</summary>
    public sealed class OwnHost : WebHost;

    [Fact]
    public async Task Every_panel_of_a_service_that_is_down_says_what_it_could_not_read()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, "sources/departures");
        await Host.Platform.StopAsync("ingestion");
        await Host.Platform.StopAsync("feature-store");

        await page.GotoAsync("sources/departures");
        await SettleAsync(page);
        foreach (var what in new[] { "quality rules", "uploads", "pulled inputs", "dead letters" })
        {
            await Expect(page.GetByText($"The {what} could not be read")).ToBeVisibleAsync();
        }

        await ScreenshotAsync(page, "source-down-1280-light");
        Assert.Empty((await page.RunAxe()).Violations);

        await page.GotoAsync("features/route_arrivals");
        await SettleAsync(page);
        await Expect(page.GetByText("Feature store is down since")).ToBeVisibleAsync();
        await Expect(page.GetByText("The feature definitions could not be read")).ToBeVisibleAsync();

        await page.GotoAsync($"training/sets/{FakeTrainingSets.Used}");
        await SettleAsync(page);
        await Expect(page.GetByText("The training set could not be read")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Try again" })).ToBeVisibleAsync();
        Assert.Empty((await page.RunAxe()).Violations);
        Assert.Empty(complaints);
    }
}
