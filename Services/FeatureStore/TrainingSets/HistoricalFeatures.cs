using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;
using CloudNativeAi.FeatureStore.Transformations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>Features of given entities at given instants, joined from the offline store.</summary>
internal sealed class HistoricalFeatures(
    SourceTableStore sources, [FromKeyedServices(TrainingSetsRegistration.Joins)] DuckDb duckDb, IOptions<TrainingSetOptions> options) : IDisposable
{
    private readonly SemaphoreSlim _limit = new(options.Value.EffectiveParallelism);

    /// <param name="keys">A column for each join key of the service, in its order; a key without a value reads as not found.</param>
    /// <returns>A column for each feature of the service, in its order.</returns>
    public async Task<FeatureValue[][]> GetAsync(
        DefinitionSnapshot definitions, FeatureService service, IReadOnlyList<KeyValues> keys, IReadOnlyList<long> entityTimestamps,
        CancellationToken cancellationToken)
    {
        await _limit.WaitAsync(cancellationToken);
        try
        {
            var snapshots = new Dictionary<string, SourceTableSnapshot>(StringComparer.Ordinal);
            foreach (var view in service.Features.Select(feature => feature.View).Distinct(StringComparer.Ordinal))
            {
                var source = definitions.Definitions.FindView(view)!.Source;
                if (!snapshots.ContainsKey(source))
                {
                    snapshots[source] = await sources.SnapshotAsync(definitions.Sources[source], cancellationToken);
                }
            }

            await using var workspace = await JoinWorkspace.CreateAsync(duckDb, cancellationToken);
            await FillRowsAsync(workspace, keys, entityTimestamps, cancellationToken);
            var joins = ViewJoin.Plan(definitions.Definitions, service, snapshots);
            var values = await new PointInTimeJoin(workspace, joins, options.Value.EffectiveParallelism).ToValuesAsync(entityTimestamps, cancellationToken);

            return [.. service.Features.Select(feature =>
            {
                var view = joins.Select((join, index) => (join.View, index)).First(join => join.View.Name == feature.View);
                var position = view.View.IndexOf(feature.Feature);
                return values[view.index].Select(row => row[position]).ToArray();
            })];
        }
        finally
        {
            _limit.Release();
        }
    }

    public void Dispose() => _limit.Dispose();

    internal static Task FillRowsAsync(JoinWorkspace workspace, IReadOnlyList<KeyValues> keys, IReadOnlyList<long> entityTimestamps, CancellationToken cancellationToken) =>
        workspace.DuckDb.RunAsync(
            connection =>
            {
                var columns = keys.Select((key, index) => $"k{index} {SqlTypes.Of(key.Type)}");
                connection.Execute(
                    $"CREATE TABLE {workspace.Rows} (row_index BIGINT, entity_timestamp BIGINT, {string.Join(", ", columns)})", cancellationToken);
                var (schema, table) = workspace.Appender("rows");
                using var appender = connection.CreateAppender(schema, table);
                for (var row = 0; row < entityTimestamps.Count; row++)
                {
                    var target = appender.CreateRow();
                    target.AppendValue((long?)row);
                    target.AppendValue((long?)entityTimestamps[row]);
                    foreach (var key in keys)
                    {
                        key.Append(target, row);
                    }

                    target.EndRow();
                }
            },
            cancellationToken);
}
