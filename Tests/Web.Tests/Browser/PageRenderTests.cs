using CloudNativeAi.Web.Tests.Fakes;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace CloudNativeAi.Web.Tests.Browser;

/// <summary>Every page, light and dark, wide and narrow: nothing in the console, no finding of axe, nothing cut, charts painted.</summary>
public sealed class PageRenderTests(WebHost host, Chromium chromium) : BrowserTestBase(host, chromium)
{
    // True when every chart shows more than two colours: an empty canvas is transparent throughout. Read from a copy, since
    // reading back makes Chromium warn and change how it paints.
    private const string AllPainted = """
        () => [...document.querySelectorAll('.chart')].every(chart => {
          const canvas = chart.querySelector('canvas');
          if (!canvas || canvas.width === 0) return false;
          const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
          copy.drawImage(canvas, 0, 0);
          const pixels = new Uint32Array(copy.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
          const seen = new Set();
          for (let i = 0; i < pixels.length && seen.size < 3; i += 7) seen.add(pixels[i]);
          return seen.size >= 3;
        })
        """;

    // Cumulative layout shift as browsers measure it (web.dev/cls): up to 0.1 is called good.
    private const double MostShift = 0.1;

    private const string WatchLayoutShift = """
        window.layoutShift = 0;
        new PerformanceObserver(list => list.getEntries().filter(entry => !entry.hadRecentInput).forEach(entry => window.layoutShift += entry.value))
          .observe({ type: 'layout-shift', buffered: true });
        """;

    public static TheoryData<string, string> Pages => new()
    {
        { "overview", "overview" },
        { "sources", "sources" },
        { "source", "sources/departures" },
        { "source-letter", "sources/departures?letter=9&upload=0199f3c1-0000-7000-8000-000000000001&rule=fresh" },
        { "features", "features" },
        { "feature", "features/route_arrivals/arr_delay_mean_7d?key=origin:PDX&key=dest:LAX" },
        { "training", "training" },
        { "training-sets", "training/sets" },
        { "training-set", "training/sets/" + FakeTrainingSets.Used },
        { "job-succeeded", "training/jobs/0199f3a0-job-000008" },
        { "job-failed", "training/jobs/01999f00-job-000007" },
        { "models", "models" },
        { "model", "models/flight_delay" },
        { "version", "models/flight_delay/versions/8" },
        { "promote", "models/flight_delay/versions/8/promote?alias=champion" },
        { "endpoints", "endpoints" },
        { "endpoint", "endpoints/flight_delay?version=8&view=compute" },
        { "endpoint-unloaded", "endpoints/taxi_in" },
        { "try", "try" },
        { "predictions", "predictions?labelled=true" },
        { "prediction", "predictions/" + FlightsWorld.PredictionId },
        { "monitoring", "monitoring" },
        { "monitoring-model", "monitoring/flight_delay?feature=origin_weather%3Atemp" },
        { "system", "system" },
        { "logs", "system/logs?resource=ingestion" },
        { "nothing-there", "sources/no-such-source" },
    };

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Page_renders_without_complaint_in_both_themes_and_widths(string name, string path)
    {
        await using var context = await OpenAsync();
        var (page, complaints) = await NewPageAsync(context);
        await page.AddInitScriptAsync(WatchLayoutShift);

        var response = await page.GotoAsync(path);
        await SettleAsync(page);
        Assert.True(response!.Ok, $"{path} answered {response.Status}");
        await page.WaitForFunctionAsync(AllPainted);
        var shift = await page.EvaluateAsync<double>("window.layoutShift");
        Assert.True(shift <= MostShift, $"{path}: what was read moved by {shift:0.000} while the page filled.");

        await CheckAsync(page, $"{name}-{Desktop}-light", complaints);
        await page.SetViewportSizeAsync(Phone, 844);
        await CheckAsync(page, $"{name}-{Phone}-light", complaints);
        await page.GetByRole(AriaRole.Button, new() { Name = "Switch to dark" }).ClickAsync();
        await page.Locator("html[data-theme=dark]").WaitForAsync();
        await CheckAsync(page, $"{name}-{Phone}-dark", complaints);
        await page.SetViewportSizeAsync(Desktop, 900);
        await CheckAsync(page, $"{name}-{Desktop}-dark", complaints);
    }

    private static async Task CheckAsync(IPage page, string name, List<string> complaints)
    {
        await page.WaitForFunctionAsync(AllPainted);
        await ScreenshotAsync(page, name);
        Assert.Empty(complaints);

        // Nothing is wider than the window; what may be wider scrolls in its card.
        var overflow = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        Assert.True(overflow <= 0, $"{name}: the page is {overflow} px wider than the window.");

        if (page.ViewportSize!.Width == Desktop)
        {
            var cut = await page.EvaluateAsync<string[]>(
                "[...document.querySelectorAll('.table-scroll')].filter(table => table.scrollWidth > table.clientWidth).map(table => table.getAttribute('aria-label'))");
            Assert.True(cut.Length == 0, $"{name}: columns are cut in {string.Join(", ", cut)}.");
        }

        var axe = await page.RunAxe();
        Assert.True(
            axe.Violations.Length == 0,
            $"{name}: " + string.Join("\n", axe.Violations.Select(violation =>
                $"{violation.Id}: {violation.Help}\n  " + string.Join("\n  ", violation.Nodes.Take(4).Select(node => node.Html)))));
    }
}
