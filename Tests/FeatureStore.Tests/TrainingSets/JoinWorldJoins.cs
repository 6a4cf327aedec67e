using CloudNativeAi.FeatureStore.Events;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;
using CloudNativeAi.FeatureStore.Tests.OfflineStore;
using CloudNativeAi.FeatureStore.TrainingSets;
using CloudNativeAi.FeatureStore.Transformations;

namespace CloudNativeAi.FeatureStore.Tests.TrainingSets;

/// <summary>A world put into an offline store, and joined by the product.</summary>
internal static class JoinWorldJoins
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static Task<SourceTableSnapshot> StoreAsync(this JoinWorld world, OfflineStoreDirectory directory) =>
        world.StoreAsync(directory, world.Events);

    /// <summary>In two commits, wherever the seed cuts.</summary>
    public static async Task<SourceTableSnapshot> StoreAsync(this JoinWorld world, OfflineStoreDirectory directory, EventColumns events)
    {
        var store = directory.OpenStore();
        await store.AppendAsync(Head(events, 1 + (world.Seed % events.Count)), Token);
        await store.AppendAsync(events, Token);
        return await store.SnapshotAsync(world.Schema, Token);
    }

    /// <summary>Values with their statuses, time to live applied: [view][row][feature].</summary>
    public static Task<FeatureValue[][][]> JoinAsync(this JoinWorld world, DuckDb duckDb, SourceTableSnapshot source) =>
        world.JoinAsync(duckDb, source, world.Rows);

    public static async Task<FeatureValue[][][]> JoinAsync(
        this JoinWorld world, DuckDb duckDb, SourceTableSnapshot source, IReadOnlyList<JoinRow> rows,
        CancellationToken? cancellationToken = null)
    {
        await using var workspace = await WorkspaceAsync(duckDb, rows);
        return await new PointInTimeJoin(workspace, Plan(world, source), parallelism: 2)
            .ToValuesAsync([.. rows.Select(row => row.Timestamp)], cancellationToken ?? Token);
    }

    /// <summary>As for a training set, which has no statuses: what is not there reads as null.</summary>
    public static async Task<FeatureValue[][][]> JoinToTablesAsync(this JoinWorld world, DuckDb duckDb, SourceTableSnapshot source)
    {
        await using var workspace = await WorkspaceAsync(duckDb, world.Rows);
        var joins = Plan(world, source);
        var tables = await new PointInTimeJoin(workspace, joins, parallelism: 2).ToTablesAsync((_, _) => { }, Token);
        var values = new FeatureValue[joins.Count][][];
        for (var view = 0; view < joins.Count; view++)
        {
            var features = joins[view].View.Features;
            values[view] = new FeatureValue[world.Rows.Count][];
            await duckDb.QueryAsync(
                $"SELECT row_index, {string.Join(", ", features.Select((_, index) => $"v{index}"))} FROM {tables[view]}",
                reader => values[view][reader.GetInt64(0)] = [.. features.Select((feature, index) => reader.ReadFeature(index + 1, feature.Type, 0))],
                Token);
        }

        return values;
    }

    private static IReadOnlyList<ViewJoin> Plan(JoinWorld world, SourceTableSnapshot source) =>
        ViewJoin.Plan(world.Definitions, world.Service, new Dictionary<string, SourceTableSnapshot> { [world.Schema.Name] = source });

    private static async Task<JoinWorkspace> WorkspaceAsync(DuckDb duckDb, IReadOnlyList<JoinRow> rows)
    {
        var workspace = await JoinWorkspace.CreateAsync(duckDb, Token);
        await duckDb.RunAsync(
            connection =>
            {
                connection.Execute($"CREATE TABLE {workspace.Rows} (row_index BIGINT, entity_timestamp BIGINT, k0 VARCHAR, k1 BIGINT)", Token);
                var (schema, table) = workspace.Appender("rows");
                using var appender = connection.CreateAppender(schema, table);
                for (var row = 0; row < rows.Count; row++)
                {
                    appender.CreateRow().AppendValue((long?)row).AppendValue((long?)rows[row].Timestamp).AppendValue(rows[row].Airline).AppendValue(rows[row].Flight).EndRow();
                }
            },
            Token);
        return workspace;
    }

    private static EventColumns Head(EventColumns events, int count) => new()
    {
        Schema = events.Schema,
        Count = count,
        Positions = events.Positions,
        EventIds = events.EventIds,
        EventTimestamps = events.EventTimestamps,
        CreatedTimestamps = events.CreatedTimestamps,
        Fields = events.Fields,
    };
}
