using System.Net;
using CloudNativeAi.Web.Tests.Fakes;
using Microsoft.Playwright;

namespace CloudNativeAi.Web.Tests.Browser;

/// <summary>What the first answer holds, and what comes with it.</summary>
public sealed class FirstPaintTests(WebHost host, Chromium chromium) : BrowserTestBase(host, chromium)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_theme_of_the_cookie_is_in_the_first_answer()
    {
        await using var context = await OpenAsync("dark");
        var (page, complaints) = await NewPageAsync(context);

        var response = await page.GotoAsync("overview", new() { WaitUntil = WaitUntilState.Commit });

        Assert.Contains("data-theme=\"dark\"", await response!.TextAsync(), StringComparison.Ordinal);
        await SettleAsync(page);
        Assert.Equal("rgb(15, 18, 22)", await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task A_page_asks_no_other_origin()
    {
        await using var context = await OpenAsync();
        var (page, _) = await NewPageAsync(context);
        var asked = new List<string>();
        page.Request += (_, request) => asked.Add(request.Url);

        await page.GotoAsync("overview");
        await SettleAsync(page);

        Assert.NotEmpty(asked);
        Assert.All(asked, url => Assert.Equal(Host.Address.Authority, new Uri(url).Authority));
    }

    [Theory]
    [InlineData("app.css")]
    [InlineData("_content/MudBlazor/MudBlazor.min.css")]
    [InlineData("_content/MudBlazor/MudBlazor.min.js")]
    [InlineData("_content/Vizor.ECharts/js/vizor-echarts-bundle-min.js")]
    [InlineData("overview")]
    public async Task What_is_large_travels_compressed(string path)
    {
        using var client = new HttpClient { BaseAddress = Host.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept-Encoding", "br, gzip");
        using var response = await client.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains(response.Content.Headers.ContentEncoding, encoding => encoding is "br" or "gzip");
    }

    [Fact]
    public async Task Scripts_need_the_nonce_and_frames_are_refused()
    {
        using var client = new HttpClient { BaseAddress = Host.Address };
        using var response = await client.GetAsync("overview", Token);
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));

        Assert.Contains("script-src 'self' 'nonce-", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact]
    public async Task An_address_without_a_page_is_not_found()
    {
        using var client = new HttpClient { BaseAddress = Host.Address };
        using var response = await client.GetAsync("no/such/page", Token);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("There is nothing at this address", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }
}
