using CloudNativeAi.FeatureStore.Tests.OfflineStore;
using CloudNativeAi.FeatureStore.Transformations;
using CloudNativeAi.TestSupport;
using Npgsql;

namespace CloudNativeAi.FeatureStore.Tests.TrainingSets;

public sealed class PointInTimeJoinTests(PostgresServer postgres)
{
    // Each has 50 rows and 76 features.
    private const int Worlds = 10;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Join_gives_what_reading_every_event_for_every_row_gives(bool backfilled)
    {
        for (var seed = 0; seed < Worlds; seed++)
        {
            var world = new JoinWorld(seed, backfilled);
            using var directory = new OfflineStoreDirectory();
            var source = await world.StoreAsync(directory);

            var values = await world.JoinAsync(directory.DuckDb, source);
            var trainingSet = await world.JoinToTablesAsync(directory.DuckDb, source);

            AssertAsExpected(world, values, FeatureValues.Describe);
            // A training set has the values that are present, and null for all others.
            AssertAsExpected(world, trainingSet, value => value.Status == FeatureStatus.Present ? FeatureValues.DescribeValue(value) : "null");
        }
    }

    [Fact]
    public async Task Row_sees_an_event_at_the_instant_it_is_known_and_not_a_microsecond_before()
    {
        var world = new JoinWorld(1, backfilled: false, eventCount: 1, rowCount: 1);
        var known = world.Events.KnownMicros(0);
        world.Events.Fields[0].IsNull[0] = false;
        world.Events.Fields[0].Strings[0] = "AA";
        using var directory = new OfflineStoreDirectory();
        var source = await world.StoreAsync(directory);

        var values = await world.JoinAsync(directory.DuckDb, source, [new("AA", null, known - 1), new("AA", null, known)]);

        Assert.Equal(FeatureStatus.NotFound, values[0][0][0].Status);
        Assert.NotEqual(FeatureStatus.NotFound, values[0][1][0].Status);
    }

    [Fact]
    public async Task Source_without_events_gives_rows_without_values()
    {
        var world = new JoinWorld(3, backfilled: false);
        using var directory = new OfflineStoreDirectory();
        var source = await directory.OpenStore().SnapshotAsync(world.Schema, Token);

        var values = await world.JoinAsync(directory.DuckDb, source);

        Assert.All(values[0], row => Assert.All(row, value => Assert.Equal(FeatureStatus.NotFound, value.Status)));
        Assert.All(values[2], row => Assert.Equal(0, row[0].Int64));
    }

    [Fact]
    public async Task Join_gives_what_PostgreSQL_gives_with_a_lateral_join()
    {
        var world = new JoinWorld(7, backfilled: false, eventCount: 500, rowCount: 400);
        using var directory = new OfflineStoreDirectory();
        var source = await world.StoreAsync(directory);

        var values = await world.JoinAsync(directory.DuckDb, source);

        var expected = await LateralJoinAsync(world);
        Assert.Equal(expected, values[1].Select(row => row[1].Status == FeatureStatus.Present ? row[1].Int64 : (long?)null));
    }

    [Fact]
    public async Task Cancelled_join_ends_and_leaves_no_tables()
    {
        var world = new JoinWorld(9, backfilled: false, eventCount: 2_000, rowCount: 2_000);
        using var directory = new OfflineStoreDirectory();
        var source = await world.StoreAsync(directory);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.JoinAsync(directory.DuckDb, source, world.Rows, stop.Token));

        long schemas = -1;
        await directory.DuckDb.QueryAsync(
            $"SELECT count(*) FROM duckdb_tables() WHERE schema_name LIKE 'join_%' AND estimated_size = 2000", reader => schemas = reader.GetInt64(0), Token);
        Assert.Equal(0, schemas);
    }

    private static void AssertAsExpected(JoinWorld world, FeatureValue[][][] values, Func<FeatureValue, string> describe)
    {
        for (var view = 0; view < world.Definitions.FeatureViews.Count; view++)
        {
            for (var row = 0; row < world.Rows.Count; row++)
            {
                var expected = world.Expected(world.Definitions.FeatureViews[view], world.Rows[row]);
                for (var feature = 0; feature < expected.Length; feature++)
                {
                    var (left, right) = (describe(expected[feature]), describe(values[view][row][feature]));
                    Assert.True(
                        left == right,
                        $"world {world.Seed}, {world.Definitions.FeatureViews[view].Name}:{world.Definitions.FeatureViews[view].Features[feature].Name} of row {row} {world.Rows[row]}: expected {left}, joined {right}");
                }
            }
        }
    }

    // Feature "seats" of the view "recent".
    private async Task<List<long?>> LateralJoinAsync(JoinWorld world)
    {
        var connectionString = await postgres.CreateDatabaseAsync();
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await using var connection = await dataSource.OpenConnectionAsync(Token);
        await ExecuteAsync(
            connection,
            """
            CREATE TABLE events (ts bigint, created bigint, position bigint, carrier text, number bigint, seats bigint);
            CREATE TABLE rows (row_index bigint, t bigint, airline text, flight bigint)
            """);
        await using (var copy = await connection.BeginBinaryImportAsync("COPY events FROM STDIN (FORMAT binary)", Token))
        {
            var events = world.Events;
            for (var row = 0; row < events.Count; row++)
            {
                await copy.StartRowAsync(Token);
                await copy.WriteAsync(events.EventTimestamps[row], Token);
                await copy.WriteAsync(events.CreatedTimestamps[row], Token);
                await copy.WriteAsync(events.Positions[row], Token);
                await copy.WriteAsync(events.Fields[0].Strings[row], Token);
                await copy.WriteAsync(events.Fields[1].IsNull[row] ? null : (long?)events.Fields[1].Int64s[row], Token);
                await copy.WriteAsync(events.Fields[3].IsNull[row] ? null : (long?)events.Fields[3].Int64s[row], Token);
            }

            await copy.CompleteAsync(Token);
        }

        await using (var copy = await connection.BeginBinaryImportAsync("COPY rows FROM STDIN (FORMAT binary)", Token))
        {
            for (var row = 0; row < world.Rows.Count; row++)
            {
                await copy.StartRowAsync(Token);
                await copy.WriteAsync((long)row, Token);
                await copy.WriteAsync(world.Rows[row].Timestamp, Token);
                await copy.WriteAsync(world.Rows[row].Airline, Token);
                await copy.WriteAsync(world.Rows[row].Flight, Token);
            }

            await copy.CompleteAsync(Token);
        }

        await using var query = new NpgsqlCommand(
            $"""
            SELECT e.seats FROM rows r LEFT JOIN LATERAL (
                SELECT CASE WHEN ts >= r.t - {JoinWorld.Ttl} THEN seats END AS seats FROM events
                WHERE carrier = r.airline AND number = r.flight AND ts <= r.t AND greatest(ts, created) <= r.t
                ORDER BY ts DESC, created DESC, position DESC LIMIT 1) e ON true
            ORDER BY r.row_index
            """,
            connection);
        await using var reader = await query.ExecuteReaderAsync(Token);
        var seats = new List<long?>();
        while (await reader.ReadAsync(Token))
        {
            seats.Add(await reader.IsDBNullAsync(0, Token) ? null : reader.GetInt64(0));
        }

        return seats;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }
}
