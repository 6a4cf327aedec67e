using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Web.Tests.Fakes;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CloudNativeAi.Web.Tests.Browser;

/// <summary>What a person does about the events of a source.</summary>
public sealed class SourceTests(WebHost host, Chromium chromium) : BrowserTestBase(host, chromium)
{
    [Fact]
    public async Task Dead_letters_are_replayed_or_discarded_and_say_why_they_cannot()
    {
        await using var context = await OpenAsync();
        var (page, _) = await OpenPageAsync(context, "sources/departures");
        var result = page.Locator("#dead-letters [role=status]").First;

        await page.GetByRole(AriaRole.Button, new() { Name = "Replay 2013-08-14-AS-401" }).ClickAsync();
        await Expect(result).ToContainTextAsync("2013-08-14-AS-401 is in the event log");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Replay 2013-08-14-AS-401" })).ToHaveCountAsync(0);

        await page.GetByRole(AriaRole.Button, new() { Name = "Replay 2013-08-14-AS-403" }).ClickAsync();
        await Expect(result).ToContainTextAsync("'late' is not a double.");

        await page.GetByRole(AriaRole.Button, new() { Name = "Discard 2013-08-14-AS-402" }).ClickAsync();
        await Expect(result).ToContainTextAsync("2013-08-14-AS-402 is given up");
        await page.GetByRole(AriaRole.Link, new() { Name = "Discarded" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex(@"\?state=discarded$"));
        await Expect(page.Locator("#dead-letters tbody tr")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task A_row_is_corrected_and_replayed_and_one_that_is_refused_again_stays_with_what_was_typed()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, "sources/departures");

        await page.GetByRole(AriaRole.Link, new() { Name = "Correct 2013-08-14-AS-406" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Dead letter 6, 2013-08-14-AS-406" })).ToBeFocusedAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "The row as it came" })).ToContainTextAsync("AS;406;late");
        await Expect(page.Locator(".editor .facts")).ToContainTextAsync("row 43 of its batch or upload");
        await page.GetByText("Bytes", new() { Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "The bytes as they came" })).ToContainTextAsync("41 53 3b 34 30 36 3b 6c");
        var row = page.GetByLabel("Corrected row");
        await row.FillAsync("""{"carrier":"AS","flight":406,"dep_delay":"very late"}""");
        await page.GetByRole(AriaRole.Button, new() { Name = "Replay corrected" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Refused, it still waits: field 'dep_delay': 'late' is not a double.");
        await Expect(row).ToHaveValueAsync("""{"carrier":"AS","flight":406,"dep_delay":"very late"}""");
        await ScreenshotAsync(page, "source-corrected-1280-light");
        Assert.Empty((await page.RunAxe()).Violations);
        Assert.Equal(DeadLetterState.Waiting, Host.Platform.World.DeadLetterStates.GetValueOrDefault(6));

        await row.FillAsync("""{"carrier":"AS","flight":406,"dep_delay":61}""");
        await page.GetByRole(AriaRole.Button, new() { Name = "Replay corrected" }).ClickAsync();
        await Expect(page.Locator("#dead-letters [role=status]").First).ToContainTextAsync("2013-08-14-AS-406 is in the event log");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Correct 2013-08-14-AS-406" })).ToHaveCountAsync(0);
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("sources/departures$"));
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task A_filtered_set_is_replayed_and_discarded_after_its_number_was_said()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, "sources/weather");
        var letters = page.Locator("#dead-letters");
        await Expect(letters.GetByText("30 dead letters wait.")).ToBeVisibleAsync();

        await page.GetByLabel("Reason has").FillAsync("NOT A DOUBLE");
        await page.GetByLabel("Received from, UTC").FillAsync("yesterday");
        await page.GetByRole(AriaRole.Button, new() { Name = "Filter", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("A time is an instant");
        await page.GetByLabel("Received from, UTC").FillAsync("now-30d");
        await page.Keyboard.PressAsync("Enter");
        await Expect(letters.GetByText("10 dead letters match.")).ToBeVisibleAsync();
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex(@"\?reason=NOT%20A%20DOUBLE&from=now-30d#dead-letters$"));

        // The one step may be left, and nothing happened.
        await page.GetByRole(AriaRole.Button, new() { Name = "Discard all… that match" }).ClickAsync();
        await Expect(letters.GetByText("10 dead letters will be given up for good.")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Keep them" })).ToBeFocusedAsync();
        Assert.Empty((await page.RunAxe()).Violations);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Discard all… that match" })).ToBeFocusedAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Replay all… that match" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Replay 10" }).ClickAsync();
        await Expect(letters.GetByRole(AriaRole.Status).First).ToContainTextAsync("0 are in the event log, 0 were there already, 10 are still invalid and wait.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Discard all… that match" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Discard 10" }).ClickAsync();
        await Expect(letters.GetByRole(AriaRole.Status).First).ToContainTextAsync("10 dead letters are given up");
        await Expect(letters.GetByText("None that is waiting matches.")).ToBeVisibleAsync();

        await letters.GetByRole(AriaRole.Link, new() { Name = "Show all" }).ClickAsync();
        await Expect(letters.GetByText("20 dead letters wait.")).ToBeVisibleAsync();
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task An_upload_is_looked_up_and_cancelled_once()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, "sources/departures");
        var uploads = page.Locator("#uploads");
        await Expect(uploads.GetByRole(AriaRole.Progressbar, new() { Name = "Progress of history-2012" })).ToHaveAttributeAsync("aria-valuenow", "30");

        await page.GetByLabel("Upload id").FillAsync(FakeInputs.Ended);
        await page.GetByRole(AriaRole.Button, new() { Name = "Look up" }).ClickAsync();
        await Expect(uploads.GetByRole(AriaRole.Heading, new() { Name = "departures-2013-07.parquet" })).ToBeVisibleAsync();
        await Expect(uploads.Locator(".editor")).ToContainTextAsync("61,322 rows");
        await Expect(uploads.GetByRole(AriaRole.Button, new() { NameRegex = new("^Cancel") })).ToHaveCountAsync(0);

        await uploads.GetByRole(AriaRole.Link, new() { Name = "history-2012" }).ClickAsync();
        await uploads.GetByRole(AriaRole.Button, new() { Name = "Cancel… history-2012" }).ClickAsync();
        Assert.Empty((await page.RunAxe()).Violations);
        await uploads.GetByRole(AriaRole.Button, new() { Name = "Cancel the upload" }).ClickAsync();
        await Expect(uploads.GetByRole(AriaRole.Status).First).ToContainTextAsync("history-2012 is cancelled; 181,200 events of it are in the log.");
        await Expect(uploads.GetByRole(AriaRole.Button, new() { NameRegex = new("^Cancel") })).ToHaveCountAsync(0);
        await Expect(uploads.GetByRole(AriaRole.Row, new() { NameRegex = new("history-2012") })).ToContainTextAsync("cancelled");

        await page.GotoAsync("sources/departures?upload=no-such-upload");
        await SettleAsync(page);
        await Expect(uploads.GetByText("There is no such upload")).ToBeVisibleAsync();
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Rules_show_their_state_and_what_they_measured()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, "sources?q=broken");
        var rules = page.GetByRole(AriaRole.Region, new() { Name = "Table of quality rules" });
        await Expect(rules.Locator("tbody tr")).ToHaveCountAsync(1);
        await Expect(rules).ToContainTextAsync("share of nulls of tailnum");

        await rules.GetByRole(AriaRole.Link, new() { Name = "few-unknown-tails" }).ClickAsync();
        await SettleAsync(page);
        await Expect(page.GetByText("at most 2.0\u202f% is allowed")).ToBeVisibleAsync();
        await rules.GetByRole(AriaRole.Link, new() { Name = "fresh" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "fresh: age of the newest event" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Show as table : fresh" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { NameRegex = new("^fresh.* as a table") }).Locator("tbody tr")).ToHaveCountAsync(30);

        await page.GotoAsync("sources/planes");
        await SettleAsync(page);
        foreach (var nothing in new[] { "Nothing is asked of this source's events yet.", "None. An upload that can be resumed begins", "None: no directory is watched", "None waits: every row fitted" })
        {
            await Expect(page.GetByText(nothing)).ToBeVisibleAsync();
        }

        Assert.Empty(complaints);
    }
}
