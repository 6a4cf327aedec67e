using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.TestSupport;
using Grpc.Core;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Ingestion.Tests.Sources;

public sealed class SourceFunctionalTests(PostgresServer postgres)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Applying_a_definition_again_changes_nothing_and_a_change_makes_a_version()
    {
        await using var host = await IngestionHost.StartAsync(postgres);

        var first = await host.DeclareAsync();
        var again = await host.DeclareAsync();
        var changed = Flights.Source();
        changed.Fields.Add(new SourceField { Name = "gate", Type = ValueType.String, Nullable = true });
        var second = await host.DeclareAsync(changed);

        Assert.Equal((1, 1, 2), (first.Version, again.Version, second.Version));
        Assert.Equal(changed, (await host.StatusAsync()).Source);
        var listed = await host.Sources.ListSourcesAsync(new ListSourcesRequest(), cancellationToken: CancellationToken);
        Assert.Equal(second, Assert.Single(listed.Sources));
    }

    [Fact]
    public async Task A_change_that_events_would_not_survive_is_refused()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        await host.IngestAsync(Flights.Batch(1, 1));
        (Action<Source> Change, string Reason)[] changes =
        [
            (source => source.Fields.RemoveAt(2), "'carrier' cannot be removed"),
            (source => source.Fields[4].Type = ValueType.Double, "'seats' cannot change its type from Int64 to Double"),
            (source => source.Fields[2].Nullable = false, "'carrier' cannot become non-nullable"),
            (source => source.Fields.Add(new SourceField { Name = "gate", Type = ValueType.String }), "'gate' must be nullable"),
            (source => source.EventIdField = "", "event_id_field cannot change"),
        ];

        foreach (var (change, reason) in changes)
        {
            var source = Flights.Source();
            change(source);

            var refused = await Assert.ThrowsAsync<RpcException>(() => host.DeclareAsync(source));

            Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
            Assert.Contains(reason, refused.Status.Detail, StringComparison.Ordinal);
        }

        Assert.Equal(1, (await host.StatusAsync()).Version);
    }

    [Fact]
    public async Task A_source_without_events_may_change_in_any_way()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        var changed = Flights.Source();
        changed.Fields.RemoveAt(2);

        Assert.Equal(2, (await host.DeclareAsync(changed)).Version);
    }

    [Fact]
    public async Task A_bad_definition_is_refused_by_name_and_reason()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        (Action<Source> Change, string Reason)[] changes =
        [
            (source => source.Name = "Departures", "source name 'Departures'"),
            (source => source.Name = new string('x', 64), "source name"),
            (source => source.Fields.Clear(), "1 to 500 fields"),
            (source => source.Fields[0].Name = "flight id", "field name 'flight id'"),
            (source => source.Fields[1].Name = "flight_id", "declared twice"),
            (source => source.Fields[0].Type = ValueType.Unspecified, "'flight_id' has no type"),
            (source => source.Fields[0].Minimum = 1, "only numbers have bounds"),
            (source => source.Fields[3].Minimum = 5_000, "minimum is above the maximum"),
            (source => source.Fields[3].Minimum = double.NaN, "bounds are finite"),
            (source => source.Fields[3].Pattern = "a", "'delay': only strings have a pattern"),
            (source => source.Fields[2].Pattern = "(", "'carrier': the pattern is no regular expression"),
            (source => source.Fields[2].Pattern = "(?=a)b", "'carrier': the pattern is no regular expression"),
            (source => source.Fields[2].Pattern = "((a{1000}){1000}){1000}", "'carrier': the pattern is no regular expression"),
            (source => source.Fields[2].Pattern = new string('a', 501), "at most 500 characters"),
            (source => source.Fields[2].AllowedValues.Add(["AS", "AS"]), "an allowed value is there twice"),
            (source => source.EventIdField = "tail", "'tail' is not a field"),
            (source => source.EventIdField = "carrier", "must not be nullable"),
            (source => source.EventTimestampField = "flight_id", "must be Timestamp"),
            (source => source.AvailabilityDelayMicros = 1, "belongs to BACKFILLED"),
            (source => source.AvailabilityDelayMicros = -1, "between 0 and ten years"),
        ];

        foreach (var (change, reason) in changes)
        {
            var source = Flights.Source();
            change(source);

            var refused = await Assert.ThrowsAsync<RpcException>(() => host.DeclareAsync(source));

            Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
            Assert.Contains(reason, refused.Status.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Http_has_the_same_sources()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        const string Definition = """
            {"fields":[{"name":"id","type":"int64"},{"name":"at","type":"timestamp"},{"name":"v","type":"double","nullable":true,"minimum":0},{"name":"kind","type":"string","pattern":"[a-z]+","allowedValues":["a","b"]}],
             "eventIdField":"id","eventTimestampField":"at","availability":"backfilled","availabilityDelayMicros":3600000000}
            """;

        using var put = await host.Http.PutAsync("/v1/sources/weather", new StringContent(Definition, null, "application/json"), CancellationToken);
        var status = await host.Http.GetFromJsonAsync<JsonElement>("/v1/sources/weather", CancellationToken);
        var all = await host.Http.GetFromJsonAsync<JsonElement>("/v1/sources", CancellationToken);
        using var unknown = await host.Http.GetAsync("/v1/sources/none", CancellationToken);
        using var bad = await host.Http.PutAsync("/v1/sources/weather", new StringContent("""{"fields":[]}""", null, "application/json"), CancellationToken);

        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal("backfilled", status.GetProperty("definition").GetProperty("availability").GetString());
        var kind = status.GetProperty("definition").GetProperty("fields")[3];
        Assert.Equal(("[a-z]+", 2), (kind.GetProperty("pattern").GetString()!, kind.GetProperty("allowedValues").GetArrayLength()));
        Assert.Equal(1, all.GetArrayLength());
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal("application/problem+json", unknown.Content.Headers.ContentType?.MediaType);
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
        Assert.Equal(Availability.Backfilled, (await host.StatusAsync("weather")).Source.Availability);
    }
}
