using CloudNativeAi.TestSupport;
using CloudNativeAi.Web.Tests.Fakes;
using Microsoft.Playwright;

namespace CloudNativeAi.Web.Tests.Browser;

public abstract class BrowserTestBase(WebHost host, Chromium chromium)
{
    protected const int Desktop = 1280;
    protected const int Phone = 390;

    protected WebHost Host { get; } = host;

    protected Task<IBrowserContext> OpenAsync(string theme = "light", int width = Desktop, int height = 900) =>
        chromium.OpenAsync(Host.Address, theme, width, height);

    /// <summary>A page that remembers every error and warning of the console.</summary>
    protected static async Task<(IPage Page, List<string> Complaints)> NewPageAsync(IBrowserContext context)
    {
        var complaints = new List<string>();
        var page = await context.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                complaints.Add($"{message.Type}: {message.Text}");
            }
        };
        page.PageError += (_, error) => complaints.Add("uncaught: " + error);
        page.RequestFailed += (_, request) =>
        {
            // A navigation away ends what was in flight.
            if (request.Failure != "net::ERR_ABORTED")
            {
                complaints.Add($"request failed: {request.Url} {request.Failure}");
            }
        };
        page.Response += (_, response) =>
        {
            if (response.Status >= 400 && !response.Request.IsNavigationRequest)
            {
                complaints.Add($"{response.Status}: {response.Url}");
            }
        };
        return (page, complaints);
    }

    /// <summary>Waits until the page is interactive and has what it asked the services for.</summary>
    protected static async Task SettleAsync(IPage page)
    {
        await page.Locator("html[data-interactive]").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await Assertions.Expect(page.Locator(".skeleton-lines")).ToHaveCountAsync(0, new() { Timeout = 15_000 });

        if (await page.Locator(".chart").CountAsync() > 0)
        {
            await page.Locator(".chart canvas").First.WaitForAsync();
        }
    }

    /// <summary>A page that has settled.</summary>
    protected static async Task<(IPage Page, List<string> Complaints)> OpenPageAsync(IBrowserContext context, string path)
    {
        var (page, complaints) = await NewPageAsync(context);
        await page.GotoAsync(path);
        await SettleAsync(page);
        return (page, complaints);
    }

    /// <summary>For people to look at, under artifacts/screenshots/web; only with WEB_SCREENSHOTS set, since painting whole pages takes long.</summary>
    protected static Task ScreenshotAsync(IPage page, string name)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("WEB_SCREENSHOTS")))
        {
            return Task.CompletedTask;
        }

        var folder = Path.Combine(Repository.Root, "artifacts", "screenshots", "web");
        Directory.CreateDirectory(folder);
        return page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = true });
    }
}
