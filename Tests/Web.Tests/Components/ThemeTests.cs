using System.Text.RegularExpressions;
using CloudNativeAi.TestSupport;
using CloudNativeAi.Web.Theme;
using MudBlazor;

namespace CloudNativeAi.Web.Tests.Components;

public sealed partial class ThemeTests
{
    [Theory]
    [InlineData("light")]
    [InlineData("dark")]
    public void The_palette_has_the_colours_of_the_tokens(string theme)
    {
        var tokens = Tokens(theme);
        Palette palette = theme == "light" ? AppTheme.Create().PaletteLight : AppTheme.Create().PaletteDark;

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["background"] = tokens["background"], ["surface"] = tokens["surface"], ["text"] = tokens["text"], ["text-2"] = tokens["text-2"],
                ["accent"] = tokens["accent"], ["good"] = tokens["good"], ["warning"] = tokens["warning"], ["bad"] = tokens["bad"],
                ["line"] = tokens["line"], ["line-control"] = tokens["line-control"],
            },
            new Dictionary<string, string>
            {
                ["background"] = Hex(palette.Background), ["surface"] = Hex(palette.Surface), ["text"] = Hex(palette.TextPrimary), ["text-2"] = Hex(palette.TextSecondary),
                ["accent"] = Hex(palette.Primary), ["good"] = Hex(palette.Success), ["warning"] = Hex(palette.Warning), ["bad"] = Hex(palette.Error),
                ["line"] = Hex(palette.LinesDefault), ["line-control"] = Hex(palette.LinesInputs),
            });
    }

    private static string Hex(MudBlazor.Utilities.MudColor color) => color.ToString(MudBlazor.Utilities.MudColorOutputFormats.Hex).ToLowerInvariant();

    private static Dictionary<string, string> Tokens(string theme)
    {
        var css = File.ReadAllText(Path.Combine(Repository.Root, "Web", "wwwroot", "app.css"));
        var start = css.IndexOf($"[data-theme={theme}] {{", StringComparison.Ordinal);
        var block = css[start..css.IndexOf('}', start)];
        return Token().Matches(block).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
    }

    [GeneratedRegex("--([a-z0-9-]+): (#[0-9a-f]{6});")]
    private static partial Regex Token();
}
