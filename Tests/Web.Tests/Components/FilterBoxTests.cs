using Bunit;
using CloudNativeAi.Web.Components.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.Web.Tests.Components;

public sealed class FilterBoxTests : BunitContext
{
    [Fact]
    public void An_address_that_lags_behind_the_typing_does_not_undo_it()
    {
        var box = Render<FilterBox>(parameters => parameters.Add(filter => filter.Label, "Filter sources"));
        box.Find("input").Input("w");
        box.Find("input").Input("wi");
        Assert.EndsWith("?q=wi", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);

        Show(box, "w");
        Assert.Equal("wi", box.Find("input").GetAttribute("value"));
        Show(box, "wi");
        Assert.Equal("wi", box.Find("input").GetAttribute("value"));
    }

    [Fact]
    public void A_link_that_clears_the_filter_clears_the_box()
    {
        var box = Render<FilterBox>(parameters => parameters.Add(filter => filter.Label, "Filter sources").Add(filter => filter.Value, "wind"));
        Assert.Equal("wind", box.Find("input").GetAttribute("value"));

        Show(box, null);

        Assert.True(string.IsNullOrEmpty(box.Find("input").GetAttribute("value")));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("  ", true)]
    [InlineData("WIND origin", true)]
    [InlineData("wind rain", false)]
    public void Every_word_must_be_somewhere(string? filter, bool expected) =>
        Assert.Equal(expected, FilterBox.Matches(filter, "origin_weather", "wind_speed"));

    private static void Show(IRenderedComponent<FilterBox> box, string? value) =>
        box.Render(parameters => parameters.Add(filter => filter.Value, value));
}
