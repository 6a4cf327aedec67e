using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Tests.OfflineStore;
using CloudNativeAi.FeatureStore.Transformations;

namespace CloudNativeAi.FeatureStore.Tests.TrainingSets;

/// <summary>No feature may tell of what was not known at the entity timestamp, whatever else is in the log.</summary>
public sealed class LeakageTests
{
    private const int Worlds = 6;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Event_that_becomes_known_a_microsecond_after_the_entity_timestamp_changes_no_feature(bool backfilled)
    {
        for (var seed = 0; seed < Worlds; seed++)
        {
            var world = new JoinWorld(seed, backfilled);
            var instant = world.Rows[0].Timestamp;
            using var directory = new OfflineStoreDirectory();

            // A window moves when a tile ends, so there the arrivals are seen one tile later.
            var aTileLater = instant + 1 + TileWidths.For(20 * Durations.Minute);
            JoinRow[] rows = [.. JoinWorld.RowsAt(instant), .. JoinWorld.RowsAt(instant + 1), .. JoinWorld.RowsAt(aTileLater)];
            var before = await world.JoinAsync(directory.DuckDb, await world.StoreAsync(directory), rows);
            var after = await world.JoinAsync(directory.DuckDb, await world.StoreAsync(directory, world.WithArrivals(instant + 1)), rows);

            var keys = rows.Length / 3;
            for (var row = 0; row < keys; row++)
            {
                for (var view = 0; view < before.Length; view++)
                {
                    Assert.Equal(before[view][row].Select(FeatureValues.Describe), after[view][row].Select(FeatureValues.Describe));
                }

                // That there was something to leak: a microsecond later it is the newest event, and a tile later it is counted.
                var newest = instant + 1 - world.Schema.WindowDelayMicros;
                Assert.All(Latest(after, row + keys), value => Assert.Equal(newest, value.EventTimestampMicros));
                Assert.True(CountOf20Minutes(world, after, row + (2 * keys)) > CountOf20Minutes(world, before, row + (2 * keys)));
            }
        }
    }

    private static FeatureValue[] Latest(FeatureValue[][][] values, int row) => values[0][row];

    private static long CountOf20Minutes(JoinWorld world, FeatureValue[][][] values, int row) =>
        values[2][row][world.Definitions.FindView("windows")!.IndexOf("count_1200s")].Int64;
}
