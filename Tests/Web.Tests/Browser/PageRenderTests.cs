using CloudNativeAi.Web.Tests.Fakes;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace CloudNativeAi.Web.Tests.Browser;

public sealed class PageRenderTests(WebHost host, Chromium chromium) : BrowserTestBase(host, chromium)
{
    public static TheoryData<string, string> Pages => new()
    {
        { "overview", "overview" },
    };

    [Theory(Skip = "axe has an open finding on the overview's diagram.")]
    [MemberData(nameof(Pages))]
    public async Task Page_renders_without_complaint_in_both_themes_and_widths(string name, string path)
    {
        foreach (var theme in new[] { "light", "dark" })
        {
            await using var context = await OpenAsync(theme);
            var (page, complaints) = await NewPageAsync(context);

            var response = await page.GotoAsync(path);
            await SettleAsync(page);

            Assert.True(response!.Ok, $"{path} answered {response.Status}");
            await CheckAsync(page, $"{name}-{Desktop}-{theme}", complaints);

            await page.SetViewportSizeAsync(Phone, 844);
            await CheckAsync(page, $"{name}-{Phone}-{theme}", complaints);
        }
    }

    private static async Task CheckAsync(IPage page, string name, List<string> complaints)
    {
        await ScreenshotAsync(page, name);
        Assert.Empty(complaints);

        // Nothing is wider than the window; what may be wider scrolls in its card.
        var overflow = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        Assert.True(overflow <= 0, $"{name}: the page is {overflow} px wider than the window.");

        var axe = await page.RunAxe();
        Assert.True(
            axe.Violations.Length == 0,
            $"{name}: " + string.Join("\n", axe.Violations.Select(violation =>
                $"{violation.Id}: {violation.Help}\n  " + string.Join("\n  ", violation.Nodes.Take(4).Select(node => node.Html)))));
    }
}
