using CloudNativeAi.Web.Tests.Fakes;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CloudNativeAi.Web.Tests.Browser;

/// <summary>What a person does with a page, by mouse and by keyboard.</summary>
public sealed class InteractionTests(WebHost host, Chromium chromium) : BrowserTestBase(host, chromium)
{
    [Fact]
    public async Task An_alias_moves_only_with_a_reason_and_the_history_keeps_it()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, "models/flight_delay/versions/6/promote?alias=staging");
        var move = page.GetByRole(AriaRole.Button, new() { Name = "Move “staging” to v6" });

        await move.ClickAsync();
        await Expect(page.GetByText("Say why: the history keeps it.")).ToBeVisibleAsync();

        await page.GetByLabel("Reason, kept in the history").FillAsync("Try it before it serves.");
        await page.GetByLabel("Your name").FillAsync("jana");
        await move.ClickAsync();
        await Expect(page.GetByText("staging now points at v6.")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Link, new() { NameRegex = new("^Entry ") }).ClickAsync();
        var entry = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Try it before it serves." });
        await Expect(entry).ToContainTextAsync("none → v6");
        await Expect(entry).ToContainTextAsync("by jana");
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task An_alias_that_moved_meanwhile_stays_where_it_is()
    {
        await using var context = await OpenAsync();
        var (page, _) = await OpenPageAsync(context, "models/flight_delay/versions/5/promote?alias=raced");
        await page.GetByLabel("Reason, kept in the history").FillAsync("I was too slow.");
        lock (Host.Platform.World.Gate)
        {
            Host.Platform.World.Aliases["raced"] = 3;
        }

        await page.GetByRole(AriaRole.Button, new() { Name = "Move “raced” to v5" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("It changed in the meantime: 'raced' points at version 3, not 0.");
        Assert.Equal(3, Host.Platform.World.Aliases["raced"]);
    }

    [Fact]
    public async Task A_prediction_is_tried_and_its_answer_leads_to_the_log()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, "try");
        var predict = page.GetByRole(AriaRole.Button, new() { Name = "Predict" });

        await page.GetByLabel("distance, double").FillAsync("far");
        await predict.ClickAsync();
        await Expect(page.GetByText("A number, such as 12.5.")).ToBeVisibleAsync();
        await Expect(page.GetByText("Needed to find the features.")).ToHaveCountAsync(4);

        await page.GetByLabel("distance, double").FillAsync("1024");
        foreach (var (label, value) in new[] { ("origin", "PDX"), ("dest", "LAX"), ("carrier", "AS"), ("tailnum", "N301AS") })
        {
            await page.GetByLabel($"{label}, string").FillAsync(value);
        }

        await predict.ClickAsync();
        await Expect(page.GetByText("0.4321")).ToBeVisibleAsync();
        await Expect(page.GetByText("+0.613")).ToBeVisibleAsync();
        await Expect(page.GetByText("Without any feature the log-odds are \u22120.750; with what each adds they are \u22120.273, the score's.")).ToBeVisibleAsync();
        Assert.Empty((await page.RunAxe()).Violations);
        await page.GetByRole(AriaRole.Link, new() { Name = FlightsWorld.PredictionId }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Prediction", Exact = true })).ToBeVisibleAsync();
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task The_keyboard_alone_finds_a_page_filters_it_and_pauses()
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, "overview");

        await page.Keyboard.PressAsync("Control+k");
        await Expect(page.GetByRole(AriaRole.Combobox, new() { Name = "Search pages and things" })).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("source depart");
        await Expect(page.GetByRole(AriaRole.Listbox, new() { Name = "Results" }).GetByRole(AriaRole.Option)).ToHaveCountAsync(1);
        Assert.Empty((await page.RunAxe()).Violations);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "departures", Level = 1 })).ToBeFocusedAsync();

        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("f");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Features", Level = 1 })).ToBeVisibleAsync();
        await SettleAsync(page);
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("wind_speed");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Table of feature views" }).Locator("tbody tr")).ToHaveCountAsync(1);
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex(@"features\?q=wind_speed$"));

        await page.GetByRole(AriaRole.Heading, new() { Name = "Features", Level = 1 }).FocusAsync();
        await page.Keyboard.PressAsync(" ");
        await Expect(page.Locator(".live-pill")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("Paused"));
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task An_entity_is_looked_up_and_the_address_holds_it()
    {
        await using var context = await OpenAsync();
        var (page, _) = await OpenPageAsync(context, "features/route_arrivals");

        await page.GetByRole(AriaRole.Button, new() { Name = "Look up" }).ClickAsync();
        await Expect(page.GetByText("Needed to find the entity.")).ToHaveCountAsync(2);

        await page.GetByLabel("origin, string").FillAsync("P:D X");
        await page.GetByLabel("dest, string").FillAsync("LAX");
        await page.GetByRole(AriaRole.Button, new() { Name = "Look up" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Table of feature values" }).Locator("tbody tr")).ToHaveCountAsync(2);

        await page.ReloadAsync();
        await SettleAsync(page);
        await Expect(page.GetByLabel("origin, string")).ToHaveValueAsync("P:D X");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Table of feature values" }).Locator("tbody tr")).ToHaveCountAsync(2);
    }

    [Theory]
    [InlineData("models/flight_delay@champion", "flight_delay@champion")]
    [InlineData("predictions/no-such-id", "Prediction")]
    [InlineData("sources?q=nothing%20like%3Ait", "Sources")]
    [InlineData("monitoring/no-such-model", "no-such-model")]
    [InlineData("training/jobs/no-such-job", "Training job")]
    [InlineData("system/logs?resource=no-such-resource", "Logs")]
    public async Task Deep_links_lead_somewhere_or_say_that_nothing_is_there(string path, string heading)
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await OpenPageAsync(context, path);

        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(heading);
        if (!path.Contains('@', StringComparison.Ordinal))
        {
            await Expect(page.Locator(".empty").First).ToBeVisibleAsync();
        }

        Assert.Empty(complaints);
    }
}
