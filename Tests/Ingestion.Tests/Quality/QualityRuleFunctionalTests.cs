using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.Quality;
using CloudNativeAi.TestSupport;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Time.Testing;

namespace CloudNativeAi.Ingestion.Tests.Quality;

public sealed class QualityRuleFunctionalTests(PostgresServer postgres)
{
    private const long HourMicros = 3_600_000_000;

    private static readonly DateTimeOffset Start = DateTimeOffset.Parse("2026-03-30T12:00:30Z", CultureInfo.InvariantCulture);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_check_measures_what_it_says_and_fires_beyond_its_bound()
    {
        var time = new FakeTimeProvider(Start);
        await using var host = await StartAsync(time);
        await IngestAsync(host, time, ("a", 5), ("b", null), ("c", 20), ("d", 5));
        await PutAsync(
            host,
            Rule("nulls", QualityCheck.NullShare, "delay", 0.25),
            Rule("nulls-strict", QualityCheck.NullShare, "delay", 0.2),
            Rule("smallest", QualityCheck.Minimum, "delay", 5),
            Rule("smallest-strict", QualityCheck.Minimum, "delay", 5.5),
            Rule("largest", QualityCheck.Maximum, "delay", 20),
            Rule("largest-strict", QualityCheck.Maximum, "delay", 19.5),
            Rule("distinct", QualityCheck.Uniqueness, "delay", 0.6),
            Rule("distinct-strict", QualityCheck.Uniqueness, "delay", 0.7),
            Rule("ids", QualityCheck.Uniqueness, "flight_id", 1),
            Rule("fresh", QualityCheck.Freshness, "", 60),
            Rule("fresh-strict", QualityCheck.Freshness, "", 59));

        time.Advance(TimeSpan.FromMinutes(1));
        await EvaluateAsync(host);

        var alerts = (await ListAsync(host)).ToDictionary(alert => alert.Rule.Name);
        Assert.All(alerts.Values, alert => Assert.Equal(alert.Rule.Name.EndsWith("-strict", StringComparison.Ordinal) ? QualityState.Firing : QualityState.Ok, alert.State));
        Assert.Equal((0.25, 5, 20, 60), (alerts["nulls"].Value, alerts["smallest"].Value, alerts["largest"].Value, alerts["fresh"].Value));
        Assert.Equal(2.0 / 3, alerts["distinct"].Value, precision: 12);
        Assert.Equal(1, alerts["ids"].Value);
    }

    [Fact]
    public async Task An_alert_says_since_when_and_its_series_has_a_value_a_minute()
    {
        var time = new FakeTimeProvider(Start);
        await using var host = await StartAsync(time);
        await PutAsync(host, Rule("nulls", QualityCheck.NullShare, "delay", 0.5));
        await EvaluateAsync(host);
        var before = Assert.Single(await ListAsync(host));

        time.Advance(TimeSpan.FromMinutes(1));
        await IngestAsync(host, time, ("a", null), ("b", null));
        await EvaluateAsync(host);
        time.Advance(TimeSpan.FromSeconds(10));
        await EvaluateAsync(host);
        var firing = Assert.Single(await ListAsync(host));
        time.Advance(TimeSpan.FromMinutes(1));
        await IngestAsync(host, time, ("c", 1), ("d", 2));
        await EvaluateAsync(host);
        var resolved = Assert.Single(await ListAsync(host));

        Assert.Equal((QualityState.NoData, false), (before.State, before.HasValue));
        Assert.Equal((QualityState.Firing, Micros(Start.AddMinutes(1)), Micros(Start.AddSeconds(70))), (firing.State, firing.SinceMicros, firing.EvaluatedMicros));
        Assert.Equal((QualityState.Ok, 0.5, Micros(Start.AddSeconds(130))), (resolved.State, resolved.Value, resolved.SinceMicros));
        var series = await host.Sources.GetQualitySeriesAsync(new GetQualitySeriesRequest { Source = Flights.Name, Rule = "nulls" }, cancellationToken: CancellationToken);
        Assert.Equal(
            [(Micros(Start.AddSeconds(30)), 1.0, QualityState.Firing), (Micros(Start.AddSeconds(90)), 0.5, QualityState.Ok)],
            series.Measurements.Select(item => (item.AtMicros, item.Value, item.State)));
    }

    [Fact]
    public async Task A_window_looks_back_no_further_than_it_says()
    {
        var time = new FakeTimeProvider(Start);
        await using var host = await StartAsync(time);
        await IngestAsync(host, time, ("a", 900));
        time.Advance(TimeSpan.FromHours(2));
        await IngestAsync(host, time, ("b", 10));
        await PutAsync(host, Rule("hour", QualityCheck.Maximum, "delay", 1_000), Rule("day", QualityCheck.Maximum, "delay", 1_000, 24 * HourMicros));

        await EvaluateAsync(host);

        Assert.Equal([("day", 900), ("hour", 10)], (await ListAsync(host)).Select(alert => (alert.Rule.Name, alert.Value)));
    }

    [Fact]
    public async Task Rules_that_stay_keep_their_state_and_changed_ones_begin_anew()
    {
        var time = new FakeTimeProvider(Start);
        await using var host = await StartAsync(time);
        await IngestAsync(host, time, ("a", null));
        await PutAsync(host, Rule("kept", QualityCheck.NullShare, "delay", 0.5), Rule("changed", QualityCheck.NullShare, "delay", 0.5), Rule("gone", QualityCheck.Freshness, "", 1));
        await EvaluateAsync(host);

        await PutAsync(host, Rule("kept", QualityCheck.NullShare, "delay", 0.5), Rule("changed", QualityCheck.NullShare, "delay", 0.6));

        Assert.Equal([("kept", QualityState.Firing), ("changed", QualityState.NoData)], (await ListAsync(host)).Select(alert => (alert.Rule.Name, alert.State)));
        Assert.Empty((await host.Sources.GetQualitySeriesAsync(
            new GetQualitySeriesRequest { Source = Flights.Name, Rule = "changed" }, cancellationToken: CancellationToken)).Measurements);
    }

    [Fact]
    public async Task A_broken_rule_is_a_metric()
    {
        var time = new FakeTimeProvider(Start);
        await using var host = await StartAsync(time);
        await IngestAsync(host, time, ("a", null));
        await PutAsync(host, Rule("nulls", QualityCheck.NullShare, "delay", 0.5));
        using var firing = new MetricCollector<int>(host.Services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), IngestionMetrics.MeterName, "ingestion.quality.firing");

        await EvaluateAsync(host);

        var measured = Assert.Single(firing.GetMeasurementSnapshot());
        Assert.Equal((1, "nulls", Flights.Name), (measured.Value, measured.Tags["rule"], measured.Tags["source"]));
    }

    [Fact]
    public async Task A_rule_that_cannot_be_is_refused_with_its_name_and_changes_nothing()
    {
        await using var host = await StartAsync(TimeProvider.System);
        await PutAsync(host, Rule("good", QualityCheck.Freshness, "", 1));
        (QualityRule[] Rules, string Reason)[] cases =
        [
            ([Rule("Nulls", QualityCheck.NullShare, "delay", 0)], "a rule's name"),
            ([Rule("x", QualityCheck.Unspecified, "delay", 0)], "no such check"),
            ([Rule("x", (QualityCheck)99, "delay", 0)], "no such check"),
            ([Rule("x", QualityCheck.NullShare, "colour", 0)], "'x': its field is not one of the source"),
            ([Rule("x", QualityCheck.NullShare, "", 0)], "its field is not one of the source"),
            ([Rule("x", QualityCheck.NullShare, "delay", 1.5)], "between 0 and 1"),
            ([Rule("x", QualityCheck.Maximum, "delay", double.NaN)], "finite"),
            ([Rule("x", QualityCheck.Maximum, "carrier", 1)], "is not a number"),
            ([Rule("x", QualityCheck.Freshness, "delay", 1)], "has no field"),
            ([Rule("x", QualityCheck.Freshness, "", 1, -1)], "between 0 and 31 days"),
            ([Rule("x", QualityCheck.Freshness, "", 1), Rule("x", QualityCheck.Freshness, "", 2)], "is there twice"),
            ([.. Enumerable.Range(0, 51).Select(number => Rule($"x{number}", QualityCheck.Freshness, "", 1))], "at most 50 rules"),
        ];

        foreach (var (rules, reason) in cases)
        {
            var refused = await Assert.ThrowsAsync<RpcException>(() => PutAsync(host, rules));
            Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
            Assert.Contains(reason, refused.Status.Detail, StringComparison.Ordinal);
        }

        Assert.Equal("good", Assert.Single(await ListAsync(host)).Rule.Name);
        var unknown = await Assert.ThrowsAsync<RpcException>(async () => await host.Sources.ListQualityAlertsAsync(
            new ListQualityAlertsRequest { Source = "none" }, cancellationToken: CancellationToken));
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task Http_has_the_same_rules()
    {
        var time = new FakeTimeProvider(Start);
        await using var host = await StartAsync(time);
        await IngestAsync(host, time, ("a", null));

        using var put = await host.Http.PutAsJsonAsync(
            $"/v1/sources/{Flights.Name}/quality/rules", new[] { new { name = "nulls", check = "null_share", field = "delay", bound = 0.5 } }, CancellationToken);
        await EvaluateAsync(host);
        var alerts = await host.Http.GetFromJsonAsync<JsonElement>($"/v1/sources/{Flights.Name}/quality/rules", CancellationToken);
        var series = await host.Http.GetFromJsonAsync<JsonElement>($"/v1/sources/{Flights.Name}/quality/rules/nulls/series?hours=1", CancellationToken);
        using var bad = await host.Http.PutAsJsonAsync($"/v1/sources/{Flights.Name}/quality/rules", new[] { new { name = "nulls" } }, CancellationToken);
        using var badHours = await host.Http.GetAsync($"/v1/sources/{Flights.Name}/quality/rules/nulls/series?hours=0", CancellationToken);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.BadRequest, HttpStatusCode.BadRequest), (put.StatusCode, bad.StatusCode, badHours.StatusCode));
        Assert.Equal(("firing", 1), (alerts[0].GetProperty("state").GetString()!, alerts[0].GetProperty("value").GetDouble()));
        Assert.Equal(1, series.GetArrayLength());
    }

    private async Task<IngestionHost> StartAsync(TimeProvider time)
    {
        // The tests evaluate themselves; the worker must not do so in between.
        var host = await IngestionHost.StartAsync(postgres, timeProvider: time, settings: "Quality:Interval=1.00:00:00");
        await host.DeclareAsync();
        return host;
    }

    private static QualityRule Rule(string name, QualityCheck check, string field, double bound, long windowMicros = 0) =>
        new() { Name = name, Check = check, Field = field, Bound = bound, WindowMicros = windowMicros };

    private static async Task PutAsync(IngestionHost host, params QualityRule[] rules) =>
        await host.Sources.PutQualityRulesAsync(new PutQualityRulesRequest { Source = Flights.Name, Rules = { rules } }, cancellationToken: CancellationToken);

    private static async Task<IEnumerable<QualityAlert>> ListAsync(IngestionHost host) =>
        (await host.Sources.ListQualityAlertsAsync(new ListQualityAlertsRequest { Source = Flights.Name }, cancellationToken: CancellationToken)).Alerts;

    private static async Task IngestAsync(IngestionHost host, TimeProvider time, params (string Id, double? Delay)[] rows) => await host.IngestAsync(new IngestEventsRequest
    {
        Source = Flights.Name,
        Events =
        {
            rows.Select(row => new Event
            {
                Payload = ByteString.CopyFromUtf8(string.Create(
                    CultureInfo.InvariantCulture, $$"""{"flight_id":"{{row.Id}}","departed":{{Micros(time.GetUtcNow())}},"delay":{{row.Delay?.ToString(CultureInfo.InvariantCulture) ?? "null"}}}""")),
            }),
        },
    });

    // As the worker does.
    private static async Task EvaluateAsync(IngestionHost host)
    {
        await host.Get<QualityRollup>().RunAsync(CancellationToken);
        await host.Get<QualityEvaluation>().RunAsync(CancellationToken);
    }

    private static long Micros(DateTimeOffset instant) => (instant.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;
}
