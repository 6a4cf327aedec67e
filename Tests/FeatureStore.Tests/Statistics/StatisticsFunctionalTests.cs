using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Tests.Application;
using CloudNativeAi.FeatureStore.Tests.Transformations;
using CloudNativeAi.FeatureStore.Transformations;
using CloudNativeAi.TestSupport;
using Grpc.Core;

namespace CloudNativeAi.FeatureStore.Tests.Statistics;

/// <summary>Statistics from the offline store against those of what the online store serves for every entity.</summary>
public sealed class StatisticsFunctionalTests(StatisticsFunctionalTests.ManyEvents fixture) : IClassFixture<StatisticsFunctionalTests.ManyEvents>
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    private Contracts.FeatureStore.Statistics.StatisticsClient Client => fixture.Application.Statistics;

    [Theory]
    [InlineData("origin_windows")]
    [InlineData("origin_latest")]
    public async Task Statistics_are_those_of_what_is_served(string view)
    {
        var asOf = fixture.Newest + (2 * Durations.Minute);
        string[] keys = [.. fixture.Events.Select(item => item.Key).OfType<string>().Distinct()];
        var served = await fixture.Application.Retrieval.GetOnlineFeaturesAsync(Departures.Request(keys, asOf), cancellationToken: CancellationToken);

        var statistics = await Client.GetFeatureViewStatisticsAsync(
            new GetFeatureViewStatisticsRequest { FeatureView = view, AsOfMicros = asOf, Bins = 7, TopValues = 3 }, cancellationToken: CancellationToken);

        Assert.Equal((keys.Length, keys.Length, fixture.Events.Length), (statistics.Entities, statistics.EntitiesSampled, statistics.SourcePosition));
        Assert.Equal(fixture.Events.Max(item => item.EventTimestamp), statistics.NewestEventTimestampMicros);
        Assert.Equal(served.Columns.Count(column => column.Name.StartsWith($"{view}:", StringComparison.Ordinal)), statistics.Features.Count);
        foreach (var feature in statistics.Features)
        {
            var column = served.Columns.Single(column => column.Name == $"{view}:{feature.Name}");
            AssertSame([.. keys.Select((_, row) => Departures.ValueOf(column, row))], feature);
        }
    }

    [Fact]
    public async Task Freshness_is_that_of_the_newest_event_with_a_value()
    {
        var asOf = fixture.Newest + Durations.Minute;

        var statistics = await Client.GetFeatureViewStatisticsAsync(
            new GetFeatureViewStatisticsRequest { FeatureView = "origin_latest", AsOfMicros = asOf }, cancellationToken: CancellationToken);

        var gate = statistics.Features.Single(feature => feature.Name == "gate");
        var newest = fixture.Events.Where(item => item.Gate is not null).Max(item => item.EventTimestamp);
        Assert.Equal((newest, (asOf - newest) / 1e6), (gate.NewestEventTimestampMicros, gate.FreshnessSeconds));
    }

    [Fact]
    public async Task Before_the_first_event_there_are_no_entities()
    {
        var statistics = await Client.GetFeatureViewStatisticsAsync(
            new GetFeatureViewStatisticsRequest { FeatureView = "origin_windows", AsOfMicros = 1 }, cancellationToken: CancellationToken);

        Assert.Equal((0, 0), (statistics.Entities, statistics.NewestEventTimestampMicros));
        Assert.All(statistics.Features, feature => Assert.Equal((0, 0.0, null), (feature.Values, feature.NullShare, feature.Numbers)));
    }

    [Fact]
    public async Task Rest_gives_the_same()
    {
        var asOf = Micros.ToInstant(fixture.Newest);
        var message = await Client.GetFeatureViewStatisticsAsync(
            new GetFeatureViewStatisticsRequest { FeatureView = "origin_latest", AsOfMicros = fixture.Newest }, cancellationToken: CancellationToken);

        var document = await fixture.Application.Http.GetFromJsonAsync<JsonElement>(
            $"/v1/feature-views/origin_latest/statistics?asOf={Uri.EscapeDataString(asOf.ToString("O"))}", CancellationToken);

        Assert.Equal(message.Entities, document.GetProperty("entities").GetInt64());
        var delay = document.GetProperty("features")[0];
        Assert.Equal(("dep_delay", "Double"), (delay.GetProperty("name").GetString(), delay.GetProperty("type").GetString()));
        Assert.Equal(message.Features[0].Numbers.Mean, delay.GetProperty("numbers").GetProperty("mean").GetDouble());
        Assert.Equal(message.Features[0].Numbers.BinCounts, delay.GetProperty("numbers").GetProperty("binCounts").EnumerateArray().Select(count => count.GetInt64()));
        Assert.Equal(message.Features[2].TopValues[0].Value.StringValue, document.GetProperty("features")[2].GetProperty("topValues")[0].GetProperty("value").GetString());
    }

    [Fact]
    public async Task Wrong_requests_are_refused_and_told_why()
    {
        await RefusedAsync(new() { FeatureView = "nothing" }, StatusCode.NotFound, "no feature view 'nothing'");
        await RefusedAsync(new() { FeatureView = "origin_latest", Bins = 101 }, StatusCode.InvalidArgument, "bins is 101");
        await RefusedAsync(new() { FeatureView = "origin_latest", TopValues = -1 }, StatusCode.InvalidArgument, "top_values is -1");
        await RefusedAsync(new() { FeatureView = "origin_latest", AsOfMicros = long.MaxValue }, StatusCode.InvalidArgument, "as_of is");
        Assert.Equal(HttpStatusCode.NotFound, (await fixture.Application.Http.GetAsync("/v1/feature-views/nothing/statistics", CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await fixture.Application.Http.GetAsync("/v1/feature-views/origin_latest/statistics?bins=101", CancellationToken)).StatusCode);

        async Task RefusedAsync(GetFeatureViewStatisticsRequest request, StatusCode code, string says)
        {
            var refusal = await Assert.ThrowsAsync<RpcException>(() => Client.GetFeatureViewStatisticsAsync(request, cancellationToken: CancellationToken).ResponseAsync);
            Assert.Equal(code, refusal.StatusCode);
            Assert.Contains(says, refusal.Status.Detail, StringComparison.Ordinal);
        }
    }

    private static void AssertSame(FeatureValue[] served, FeatureStatistics statistics)
    {
        var values = served.Where(value => value.Status == FeatureStatus.Present).ToList();
        Assert.Equal((values.Count, served.Length - values.Count), (statistics.Values, statistics.Missing));
        Assert.Equal((served.Length - values.Count) / (double)served.Length, statistics.NullShare, 1e-12);
        var counts = values.Select(ObjectOf).GroupBy(value => value).ToDictionary(group => group.Key, group => (long)group.Count());
        Assert.Equal(counts.Count, statistics.DistinctValues);
        Assert.Equal(counts.Values.OrderDescending().Take(3), statistics.TopValues.Select(top => top.Count));
        Assert.All(statistics.TopValues, top => Assert.Equal(counts[ObjectOf(top.Value)], top.Count));
        if (statistics.Type is not (ValueType.Double or ValueType.Int64) || values.Count == 0)
        {
            Assert.Null(statistics.Numbers);
            return;
        }

        double[] sorted = [.. values.Select(value => value.Type == ValueType.Double ? value.Double : value.Int64).Order()];
        var numbers = statistics.Numbers;
        Assert.Equal((sorted[0], sorted[^1]), (numbers.Minimum, numbers.Maximum));
        Assert.Equal(sorted.Average(), numbers.Mean, 1e-9);
        Assert.Equal(0.5, numbers.Quantiles[3].Share);
        Assert.Equal(sorted[(int)Math.Ceiling(sorted.Length * 0.5) - 1], numbers.Quantiles[3].Value);
        Assert.Equal(numbers.BinCounts.Count + 1, numbers.BinEdges.Count);
        for (var bin = 0; bin < numbers.BinCounts.Count; bin++)
        {
            var isLast = bin == numbers.BinCounts.Count - 1;
            Assert.Equal(
                sorted.Count(value => value >= numbers.BinEdges[bin] && (isLast ? value <= numbers.BinEdges[bin + 1] : value < numbers.BinEdges[bin + 1])),
                numbers.BinCounts[bin]);
        }
    }

    private static object ObjectOf(FeatureValue value) => value.Type switch
    {
        ValueType.Double => value.Double,
        ValueType.String => value.Text!,
        _ => value.Int64,
    };

    private static object ObjectOf(Contracts.Common.Value value) => value.KindCase switch
    {
        Contracts.Common.Value.KindOneofCase.DoubleValue => value.DoubleValue,
        Contracts.Common.Value.KindOneofCase.StringValue => value.StringValue,
        _ => value.Int64Value,
    };

    public sealed class ManyEvents(PostgresServer postgres, RedisServer redis) : IAsyncLifetime
    {
        private FakeIngestion _ingestion = null!;

        internal FeatureStoreApplication Application { get; private set; } = null!;

        internal FeatureEvent[] Events { get; } = Departures.Random(1_200, seed: 41);

        internal long Newest => Events.Max(item => item.EventTimestamp) + Departures.Schema.AvailabilityDelayMicros;

        public async ValueTask InitializeAsync()
        {
            _ingestion = await FakeIngestion.StartAsync();
            _ingestion.Put(Departures.Declaration()).Append(Events.ToLog());
            Application = await FeatureStoreApplication.StartAsync(postgres, redis, _ingestion);
            await Application.ApplyAsync(Departures.Yaml);
            await Application.WaitAsync(Departures.Source, Events.Length);
        }

        public async ValueTask DisposeAsync()
        {
            await Application.DisposeAsync();
            await _ingestion.DisposeAsync();
        }
    }
}
