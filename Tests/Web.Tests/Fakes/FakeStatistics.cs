using CloudNativeAi.Contracts.FeatureStore;
using Grpc.Core;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Web.Tests.Fakes;

public sealed class FakeStatistics(FlightsWorld world) : Statistics.StatisticsBase
{
    public override Task<FeatureViewStatistics> GetFeatureViewStatistics(GetFeatureViewStatisticsRequest request, ServerCallContext context)
    {
        var view = FakeDefinitions.Views.FirstOrDefault(view => view.Name == request.FeatureView)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"There is no feature view '{request.FeatureView}'."));
        var newest = FlightsWorld.Replay(TimeSpan.FromMinutes(3));
        var asOf = request.HasAsOfMicros ? request.AsOfMicros : world.NowMicros;
        var statistics = new FeatureViewStatistics { FeatureView = view.Name, AsOfMicros = asOf, SourcePosition = 160_002, NewestEventTimestampMicros = newest };
        if (view.Name == "aircraft_facts")
        {
            return Task.FromResult(statistics);
        }

        (statistics.Entities, statistics.EntitiesSampled) = (1_240, 500);
        statistics.Features.AddRange(view.Features.Select((feature, index) => Of(feature.Name, feature.Type, index, newest, asOf)));
        return Task.FromResult(statistics);
    }

    private static FeatureStatistics Of(string name, ValueType type, int index, long newest, long asOf)
    {
        var missing = index * 40;
        var statistics = new FeatureStatistics
        {
            Name = name, Type = type, Values = 500 - missing, Missing = missing, NullShare = missing / 500.0, DistinctValues = 300 - missing,
            NewestEventTimestampMicros = newest, FreshnessSeconds = (asOf - newest) / 1e6,
        };
        statistics.TopValues.AddRange(Enumerable.Range(0, 5).Select(rank => new ValueCount { Value = FlightsWorld.Number(rank * 2.5), Count = 60 - (rank * 11) }));
        if (type is ValueType.Double or ValueType.Int64)
        {
            var numbers = new NumberDistribution { Minimum = -20, Maximum = 180, Mean = 11.25, StandardDeviation = 22.5 };
            numbers.BinEdges.AddRange(Enumerable.Range(0, 21).Select(edge => -20.0 + (edge * 10)));
            numbers.BinCounts.AddRange(Enumerable.Range(0, 20).Select(bin => (long)(140 * Math.Exp(-Math.Pow(bin - 3 - index, 2) / 12))));
            numbers.Quantiles.AddRange(new[] { 0.05, 0.5, 0.95 }.Select(share => new Quantile { Share = share, Value = -12 + (share * 70) }));
            statistics.Numbers = numbers;
        }

        return statistics;
    }
}

public sealed class FakeParity(FlightsWorld world) : Parity.ParityBase
{
    public override Task<ParityReport> GetParity(GetParityRequest request, ServerCallContext context) => Task.FromResult(new ParityReport
    {
        Samples = 4_180, MismatchedSamples = 1, LastSampleMicros = world.Ago(TimeSpan.FromSeconds(4)),
        Mismatches =
        {
            new ParityMismatch
            {
                FoundMicros = world.Ago(TimeSpan.FromMinutes(12)), Feature = "route_arrivals:arr_delay_mean_7d", EntityKey = { FlightsWorld.Text("PDX"), FlightsWorld.Text("LAX") },
                AsOfMicros = FlightsWorld.Replay(TimeSpan.FromMinutes(15)), Position = 159_871, Online = "PRESENT 7.25", Offline = "PRESENT 7.250000000000001",
            },
        },
    });
}
