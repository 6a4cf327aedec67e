using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.Quality;
using CloudNativeAi.TestSupport;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace CloudNativeAi.Ingestion.Tests.Quality;

public sealed class QualityFunctionalTests(PostgresServer postgres)
{
    private const long HourMicros = 3_600_000_000;
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch.AddTicks(Flights.NewYearMicros * 10);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hours_hold_exact_shares_and_ranges_of_what_was_accepted_once()
    {
        var time = new FakeTimeProvider(Start.AddMinutes(10));
        await using var host = await IngestionHost.StartAsync(postgres, timeProvider: time);
        await host.DeclareAsync();

        await host.IngestAsync(Batch(("a", 5), ("b", null), ("c", -7.5)));
        await host.IngestAsync(Batch(("a", 1_000), ("d", 20)));
        await host.Get<QualityRollup>().RunAsync(CancellationToken);
        await host.IngestAsync(Batch(("e", null)));
        time.Advance(TimeSpan.FromHours(2));
        await host.IngestAsync(Batch(("f", 1)));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => host.Get<QualityRollup>().RunAsync(CancellationToken)));
        var quality = await ReadAsync(host);

        Assert.Equal([(Flights.NewYearMicros, 5L), (Flights.NewYearMicros + (2 * HourMicros), 1L)], quality.Hours.Select(hour => (hour.StartMicros, hour.Events)));
        var delay = quality.Hours[0].Fields.Single(field => field.Field == "delay");
        Assert.Equal((2, -7.5, 20), (delay.Nulls, delay.Minimum, delay.Maximum));
        var carrier = quality.Hours[0].Fields.Single(field => field.Field == "carrier");
        Assert.Equal((5, false), (carrier.Nulls, carrier.HasMinimum));
        Assert.Equal((600_000_000, 600_000_000), (quality.Hours[0].MaxLagMicros, quality.Hours[0].MeanLagMicros));
    }

    [Fact]
    public async Task Fields_of_several_versions_are_kept_apart_by_name()
    {
        await using var host = await IngestionHost.StartAsync(postgres, timeProvider: new FakeTimeProvider(Start));
        await host.DeclareAsync();
        await host.IngestAsync(Batch(("a", 5)));
        var changed = Flights.Source();
        changed.Fields.Insert(0, new SourceField { Name = "gate", Type = Contracts.Common.ValueType.Int64, Nullable = true });
        await host.DeclareAsync(changed);
        await host.IngestAsync(new IngestEventsRequest
        {
            Source = Flights.Name,
            Events = { new Event { Payload = ByteString.CopyFromUtf8($$"""{"gate":12,"flight_id":"b","departed":{{Flights.NewYearMicros}},"delay":9}""") } },
        });

        var hour = Assert.Single((await ReadAsync(host)).Hours);

        Assert.Equal((0, 12.0), Of("gate"));
        Assert.Equal((0, 5.0), Of("delay"));

        (long, double) Of(string name) => hour.Fields.Where(field => field.Field == name).Select(field => (field.Nulls, field.Minimum)).Single();
    }

    [Fact]
    public async Task Http_has_the_null_share()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        await host.IngestAsync(Batch(("a", 5), ("b", null), ("c", 1), ("d", 2)));

        var hours = await host.Http.GetFromJsonAsync<JsonElement>($"/v1/sources/{Flights.Name}/quality", CancellationToken);
        using var bad = await host.Http.GetAsync($"/v1/sources/{Flights.Name}/quality?hours=0", CancellationToken);
        var tooLong = await Assert.ThrowsAsync<RpcException>(async () => await host.Sources.GetSourceQualityAsync(
            new GetSourceQualityRequest { Source = Flights.Name, WindowMicros = 800 * HourMicros }, cancellationToken: CancellationToken));

        var delay = hours[0].GetProperty("fields").EnumerateArray().Single(field => field.GetProperty("field").GetString() == "delay");
        Assert.Equal(0.25, delay.GetProperty("nullShare").GetDouble());
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, bad.StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, tooLong.StatusCode);
    }

    private static IngestEventsRequest Batch(params (string Id, double? Delay)[] rows) => new()
    {
        Source = Flights.Name,
        Events =
        {
            rows.Select(row => new Event
            {
                Payload = ByteString.CopyFromUtf8(
                    $$"""{"flight_id":"{{row.Id}}","departed":{{Flights.NewYearMicros}},"delay":{{row.Delay?.ToString(CultureInfo.InvariantCulture) ?? "null"}}}"""),
            }),
        },
    };

    private static async Task<SourceQuality> ReadAsync(IngestionHost host) =>
        await host.Sources.GetSourceQualityAsync(new GetSourceQualityRequest { Source = Flights.Name }, cancellationToken: CancellationToken);
}
