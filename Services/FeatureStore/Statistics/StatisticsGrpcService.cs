using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using Grpc.Core;

namespace CloudNativeAi.FeatureStore.Statistics;

internal sealed class StatisticsGrpcService(FeatureViewStatisticsQuery query, TimeProvider timeProvider) : Contracts.FeatureStore.Statistics.StatisticsBase
{
    public override async Task<FeatureViewStatistics> GetFeatureViewStatistics(GetFeatureViewStatisticsRequest request, ServerCallContext context)
    {
        var asOf = request.HasAsOfMicros ? request.AsOfMicros : Micros.Now(timeProvider);
        if (StatisticsRequest.FindFault(asOf, request.Bins, request.TopValues) is { } fault)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, fault));
        }

        var summary = await query.RunAsync(
                request.FeatureView, asOf, StatisticsRequest.Bins(request.Bins), StatisticsRequest.TopValues(request.TopValues), context.CancellationToken)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"There is no feature view '{request.FeatureView}'."));
        return new FeatureViewStatistics
        {
            FeatureView = summary.FeatureView,
            AsOfMicros = summary.AsOfMicros,
            SourcePosition = summary.SourcePosition,
            Entities = summary.Entities,
            EntitiesSampled = summary.EntitiesSampled,
            NewestEventTimestampMicros = summary.NewestEventTimestampMicros,
            Features = { summary.Features.Select(ToMessage) },
        };
    }

    private static FeatureStatistics ToMessage(FeatureSummary feature) => new()
    {
        Name = feature.Name,
        Type = feature.Type,
        Values = feature.Values,
        Missing = feature.Missing,
        NullShare = feature.NullShare,
        DistinctValues = feature.DistinctValues,
        NewestEventTimestampMicros = feature.NewestEventTimestampMicros,
        FreshnessSeconds = feature.FreshnessSeconds,
        Numbers = feature.Numbers is { } numbers ? ToMessage(numbers) : null,
        TopValues = { feature.TopValues.Select(value => new ValueCount { Value = ToMessage(value.Value, feature.Type), Count = value.Count }) },
    };

    private static NumberDistribution ToMessage(NumberSummary numbers) => new()
    {
        Minimum = numbers.Minimum,
        Maximum = numbers.Maximum,
        Mean = numbers.Mean,
        StandardDeviation = numbers.StandardDeviation,
        Quantiles = { numbers.Quantiles.Select(quantile => new Quantile { Share = quantile.Share, Value = quantile.Value }) },
        BinEdges = { numbers.BinEdges },
        BinCounts = { numbers.BinCounts },
    };

    private static Value ToMessage(object value, ValueType type) => (type, value) switch
    {
        (ValueType.Timestamp, long micros) => new Value { TimestampMicros = micros },
        (_, long integer) => new Value { Int64Value = integer },
        (_, double number) => new Value { DoubleValue = number },
        (_, bool flag) => new Value { BoolValue = flag },
        _ => new Value { StringValue = (string)value },
    };
}

/// <summary>Bounds that both of the ways in share.</summary>
internal static class StatisticsRequest
{
    private const int Most = 100;
    private const int DefaultBins = 20;
    private const int DefaultTopValues = 10;

    // The year 10000.
    private const long EndOfTime = 253_402_300_800_000_000;

    public static int Bins(int asked) => asked == 0 ? DefaultBins : asked;

    public static int TopValues(int asked) => asked == 0 ? DefaultTopValues : asked;

    public static string? FindFault(long asOfMicros, int bins, int topValues) =>
        asOfMicros is <= 0 or >= EndOfTime ? $"as_of is {asOfMicros}; it must be microseconds since 1970 and before the year 10000."
        : bins is < 0 or > Most ? $"bins is {bins}; it must be 1 to {Most}, or 0 for {DefaultBins}."
        : topValues is < 0 or > Most ? $"top_values is {topValues}; it must be 1 to {Most}, or 0 for {DefaultTopValues}."
        : null;
}
