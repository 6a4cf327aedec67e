using CloudNativeAi.Web.Tests.Fakes;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CloudNativeAi.Web.Tests.Browser;

/// <summary>Training sets: found, looked into, and followed to what was made of them.</summary>
public sealed class TrainingSetTests(WebHost host, Chromium chromium) : BrowserTestBase(host, chromium)
{
    [Fact]
    public async Task A_set_is_found_by_its_digest_and_leads_to_its_jobs_versions_and_features()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, "training");
        await page.GetByRole(AriaRole.Link, new() { Name = "Training sets" }).ClickAsync();
        var sets = page.GetByRole(AriaRole.Region, new() { Name = "Table of training sets" });
        await Expect(sets.Locator("tbody tr")).ToHaveCountAsync(2);
        await Expect(sets.GetByRole(AriaRole.Row, new() { NameRegex = new("^51aa0b7de6f0") })).ToContainTextAsync("1 job");

        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Filter training sets" }).FillAsync("51aa");
        await Expect(sets.Locator("tbody tr")).ToHaveCountAsync(1);
        await sets.GetByRole(AriaRole.Link, new() { NameRegex = new("^51aa") }).ClickAsync();
        await Expect(page.GetByText("148,203 labelled events")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Table of source positions" })).ToContainTextAsync("160,002");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "flight_delay v8" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "arr_delay_mean_7d", Exact = false }).First).ToHaveAttributeAsync("href", "features/route_arrivals/arr_delay_mean_7d");
        Assert.Empty((await page.RunAxe()).Violations);

        await page.Locator("a[href='training/jobs/0199f3a0-job-000008']").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Training job", Level = 1 })).ToBeVisibleAsync();
        await Expect(page.Locator($"a[href='training/sets/{FakeTrainingSets.Used}']")).ToBeVisibleAsync();
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task What_nobody_used_and_what_is_not_there_is_said_so()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, $"training/sets/{FakeTrainingSets.Unused}");
        await Expect(page.GetByText("None was trained on it.")).ToBeVisibleAsync();
        await Expect(page.GetByText(new System.Text.RegularExpressions.Regex("^None of the newest"))).ToBeVisibleAsync();

        await page.GotoAsync("training/sets/0000");
        await SettleAsync(page);
        await Expect(page.GetByText("There is no such training set")).ToBeVisibleAsync();
        await page.GotoAsync("training/sets?q=nothing");
        await SettleAsync(page);
        await Expect(page.GetByText("No training set matches “nothing”.")).ToBeVisibleAsync();
        Assert.Empty(complaints);
    }
}
