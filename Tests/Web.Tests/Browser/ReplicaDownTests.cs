using CloudNativeAi.Web.Tests.Fakes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CloudNativeAi.Web.Tests.Browser;

/// <summary>One of two replicas of Inference is gone: the other's numbers stay, and the page says which is missing.</summary>
public sealed class ReplicaDownTests(ReplicaDownTests.OwnHost host, Chromium chromium) : BrowserTestBase(host, chromium), IClassFixture<ReplicaDownTests.OwnHost>
{
    public sealed class OwnHost : WebHost;

    [Fact]
    public async Task A_replica_that_goes_away_is_named_and_then_all_of_inference_is_down()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, "endpoints");
        var champion = page.GetByRole(AriaRole.Region, new() { Name = "Table of served versions" }).GetByRole(AriaRole.Row).Filter(new() { HasText = "v7" });
        await Expect(champion).ToContainTextAsync("of 4,096");

        await Host.Platform.StopAsync(FakePlatform.SecondInference);
        await Expect(page.GetByText("The replica at")).ToBeVisibleAsync();
        await Expect(champion).ToContainTextAsync("of 2,048");

        await Host.Platform.StopAsync("inference");
        await Expect(page.GetByText("Inference is down since")).ToBeVisibleAsync();
        await Expect(champion).ToContainTextAsync("of 2,048");
        Assert.Empty(complaints);
    }
}
