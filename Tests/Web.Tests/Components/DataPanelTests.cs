using Bunit;
using CloudNativeAi.Web.Components.Parts;
using Grpc.Core;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace CloudNativeAi.Web.Tests.Components;

public sealed class DataPanelTests : BunitContext
{
    private readonly Queue<TaskCompletionSource<string>> _asked = new();

    public DataPanelTests()
    {
        Services.AddSingleton<TimeProvider>(new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero)));
        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
    }

    [Fact]
    public void It_shows_a_skeleton_and_then_the_data()
    {
        var panel = Show("a");
        Assert.NotNull(panel.Find(".skeleton-lines"));

        Answer(panel, "the data");

        Assert.Equal("the data", panel.Find("p.data").TextContent);
        Assert.Empty(panel.FindAll(".skeleton-lines"));
    }

    [Fact]
    public void A_failure_is_said_with_its_time_and_can_be_tried_again()
    {
        var panel = Show("a");
        Fail(panel, StatusCode.DeadlineExceeded);

        Assert.Contains("The schema could not be read at 12:00:00 UTC.", panel.Find("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Contains("Ingestion did not answer in time.", panel.Find("[role=alert]").TextContent, StringComparison.Ordinal);

        panel.Find("button").Click();
        Answer(panel, "the data");

        Assert.Empty(panel.FindAll("[role=alert]"));
        Assert.Equal("the data", panel.Find("p.data").TextContent);
    }

    [Fact]
    public void A_thing_that_does_not_exist_is_no_failure()
    {
        var panel = Show("a");
        Fail(panel, StatusCode.NotFound);

        Assert.Contains("There is no such schema", panel.Find(".empty").TextContent, StringComparison.Ordinal);
        Assert.Empty(panel.FindAll("[role=alert]"));
    }

    [Fact]
    public void Data_of_another_thing_goes_at_once()
    {
        var panel = Show("a");
        Answer(panel, "of a");

        panel.Render(parameters => parameters.Add(component => component.Key, "b"));

        Assert.Empty(panel.FindAll("p.data"));
        Answer(panel, "of b");
        Assert.Equal("of b", panel.Find("p.data").TextContent);
    }

    [Fact]
    public void Old_data_of_the_same_thing_stays_dimmed_until_the_new_is_there()
    {
        var panel = Show("a");
        Answer(panel, "old");

        panel.Render(parameters => parameters.Add(component => component.Revision, 2));

        Assert.Equal("old", panel.Find(".refreshing p.data").TextContent);
        Fail(panel, StatusCode.Internal);
        Assert.Equal("old", panel.Find("p.data").TextContent);
        Assert.NotNull(panel.Find("[role=alert]"));
    }

    [Fact]
    public void An_answer_that_comes_too_late_is_dropped()
    {
        var panel = Show("a");
        var late = _asked.Dequeue();
        panel.Render(parameters => parameters.Add(component => component.Key, "b"));
        Answer(panel, "of b");

        panel.InvokeAsync(() => late.SetResult("of a"));

        Assert.Equal("of b", panel.Find("p.data").TextContent);
    }

    private IRenderedComponent<DataPanel<string>> Show(string key) => Render<DataPanel<string>>(parameters => parameters
        .Add(panel => panel.What, "schema")
        .Add(panel => panel.Service, "Ingestion")
        .Add(panel => panel.Key, key)
        .Add(panel => panel.Load, _ =>
        {
            _asked.Enqueue(new TaskCompletionSource<string>());
            return _asked.Last().Task;
        })
        .Add(panel => panel.ChildContent, value => $"<p class=\"data\">{value}</p>"));

    private void Answer(IRenderedComponent<DataPanel<string>> panel, string value) => panel.InvokeAsync(() => _asked.Dequeue().SetResult(value));

    private void Fail(IRenderedComponent<DataPanel<string>> panel, StatusCode code) =>
        panel.InvokeAsync(() => _asked.Dequeue().SetException(new RpcException(new Status(code, code == StatusCode.NotFound ? "No schema." : ""))));
}
