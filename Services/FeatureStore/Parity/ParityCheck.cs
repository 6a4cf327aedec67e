using System.Globalization;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;
using CloudNativeAi.FeatureStore.TrainingSets;
using CloudNativeAi.FeatureStore.Transformations;

namespace CloudNativeAi.FeatureStore.Parity;

/// <summary>
/// Computes a served vector again from the offline store. A value is a function of the entity, the instant and the events up to a position;
/// at the same three, both stores must agree to the last bit.
/// </summary>
internal sealed class ParityCheck(SourceTableStore sources, [FromKeyedServices(TrainingSetsRegistration.Joins)] DuckDb duckDb)
{
    /// <summary>Null while the offline store has not the events yet; empty when both agree.</summary>
    public async Task<IReadOnlyList<ParityDifference>?> RunAsync(ParitySample sample, CancellationToken cancellationToken)
    {
        var source = await sources.SnapshotAsync(sample.Schema, cancellationToken);
        if (source.LastPosition < sample.Position)
        {
            return null;
        }

        var keys = sample.View.JoinKeys.Select((key, index) => new KeyValues(key.Name, key.Type, [sample.Key[index]])).ToList();
        var join = new ViewJoin(
            sample.View, source with { LastPosition = sample.Position, Reader = source.Reader.Until(sample.Position) }, [.. keys.Select((_, index) => $"k{index}")]);
        long[] instants = [sample.AsOfMicros];
        await using var workspace = await JoinWorkspace.CreateAsync(duckDb, cancellationToken);
        await HistoricalFeatures.FillRowsAsync(workspace, keys, instants, cancellationToken);
        var values = await new PointInTimeJoin(workspace, [join], parallelism: 1).ToValuesAsync(instants, cancellationToken);

        return
        [
            .. sample.Served
                .Where(served => !AreEqual(served.Value, values[0][0][served.Feature]))
                .Select(served => new ParityDifference(
                    sample.View.Features[served.Feature].Name, Describe(served.Value), Describe(values[0][0][served.Feature]))),
        ];
    }

    private static bool AreEqual(FeatureValue left, FeatureValue right) =>
        left with { Double = 0 } == right with { Double = 0 }
        && (!left.HasValue || BitConverter.DoubleToInt64Bits(left.Double) == BitConverter.DoubleToInt64Bits(right.Double));

    private static string Describe(FeatureValue value) => string.Create(
        CultureInfo.InvariantCulture,
        $"{value.Status} {(!value.HasValue ? "" : value.Type switch { ValueType.Double => value.Double.ToString("R", CultureInfo.InvariantCulture), ValueType.String => value.Text, _ => value.Int64 })} of {value.EventTimestampMicros}");
}
