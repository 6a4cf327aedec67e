using System.Text.Json;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Web.Components.Charts;
using CloudNativeAi.Web.Display;
using CloudNativeAi.Web.Live;

namespace CloudNativeAi.Web.Tests.Display;

public sealed class EndpointDisplayTests
{
    [Fact]
    public void Latency_bars_say_where_each_ends_and_mark_the_quantiles()
    {
        var spec = LatencyBars.Of(new LatencyHistogram { FirstBin = 40, Counts = { 60, 0, 38, 1, 1 } }, "requests");

        Assert.Equal(["≤ 1.02\u202fms", "≤ 1.22\u202fms", "≤ 1.45\u202fms", "≤ 1.72\u202fms", "≤ 2.05\u202fms"], spec.Bars.Select(bar => bar.Label));
        Assert.Equal([new BarMark(0, "p50"), new BarMark(2, "p95"), new BarMark(3, "p99")], spec.Marks);
        Assert.Equal(100, spec.Total);
        Assert.Empty(LatencyBars.Of(new LatencyHistogram(), "requests").Bars);
        Assert.Equal([new BarMark(0, "p50, p95, p99")], LatencyBars.Of(new LatencyHistogram { FirstBin = 3, Counts = { 5 } }, "requests").Marks);
    }

    [Fact]
    public void Batch_sizes_double_and_none_is_left_out()
    {
        var spec = BatchBars.Of([new BatchCount { Rows = 1, Runs = 5 }, new BatchCount { Rows = 3, Runs = 2 }, new BatchCount { Rows = 4, Runs = 1 }, new BatchCount { Rows = 9, Runs = 7 }]);

        Assert.Equal([new Bar("1", 5), new Bar("2", 0), new Bar("3–4", 3), new Bar("5–8", 0), new Bar("9–16", 7)], spec.Bars);
        Assert.Empty(BatchBars.Of([]).Bars);
    }

    [Fact]
    public void Traffic_history_says_from_what_to_what_and_leaves_out_what_routes_nothing()
    {
        AuditEntryDocument[] newestFirst =
        [
            Entry(5, "set_traffic_policy", new { challengerShare = 0.125, shadowChallenger = false }),
            Entry(4, "set_alias", new { alias = "staging", fromVersion = 1, toVersion = 2 }),
            Entry(3, "register_model_version", new { version = 9 }),
            Entry(2, "set_traffic_policy", new { challengerShare = 0.0, shadowChallenger = true }),
            Entry(1, "set_alias", new { alias = "champion", fromVersion = 0, toVersion = 7 }),
        ];

        var changes = TrafficChange.From(newestFirst);

        Assert.Equal([5, 2, 1], changes.Select(change => change.Id));
        Assert.Equal("challenger's share: 0\u202f% → 12.5\u202f%; mirroring off", changes[0].Change);
        Assert.Equal("challenger's share: 0\u202f% → 0\u202f%; mirroring on", changes[1].Change);
        Assert.Equal("champion: (none) → v7", changes[2].Change);
        Assert.Equal(("why", "who"), (changes[0].Reason, changes[0].Actor));
    }

    [Fact]
    public void A_split_is_another_when_a_version_moved_but_not_when_one_was_registered()
    {
        var seen = new ModelState { Traffic = new TrafficPolicy { ChallengerShare = 0.1 }, Aliases = { ["champion"] = 7, ["challenger"] = 8 }, Revision = 21, LatestVersion = 8 };
        var registered = seen.Clone();
        (registered.Revision, registered.LatestVersion) = (22, 9);
        var moved = seen.Clone();
        moved.Aliases["challenger"] = 9;

        Assert.Equal(TrafficSplit.Of(seen), TrafficSplit.Of(registered));
        Assert.NotEqual(TrafficSplit.Of(seen), TrafficSplit.Of(moved));
        Assert.Equal(new TrafficSplit(0, false, 0, 0), TrafficSplit.Of(new ModelState()));
    }

    private static AuditEntryDocument Entry(long id, string action, object detail) => new(id, id * 1_000_000, action, "why", "who", JsonSerializer.SerializeToElement(detail));
}
