using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.Pulls;
using CloudNativeAi.TestSupport;
using Npgsql;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Ingestion.Tests.Pulls;

public sealed class TablePullFunctionalTests(PostgresServer postgres)
{
    private const string Source = "orders";
    private const string Shop = "shop";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_are_read_once_across_ties_pages_and_restarts()
    {
        var shop = await ShopAsync();
        await ExecuteAsync(shop, "INSERT INTO orders SELECT i, now() - interval '1 hour' + (i / 4) * interval '1 second', i, DATE '2014-01-01' FROM generate_series(1, 10) i");
        var connectionString = await postgres.CreateDatabaseAsync();
        await using (var host = await StartAsync(shop, connectionString))
        {
            await PullAsync(host);
        }

        // Of one watermark with the last row that was read, and later ones.
        await ExecuteAsync(shop, "INSERT INTO orders SELECT i, now() - interval '1 hour' + (i / 4) * interval '1 second', i, NULL FROM generate_series(11, 17) i");
        await using var restarted = await StartAsync(shop, connectionString);
        await PullAsync(restarted);
        await PullAsync(restarted);

        var events = await restarted.ReadAllAsync(source: Source);
        Assert.Equal(Enumerable.Range(1, 17).Select(id => id.ToString(CultureInfo.InvariantCulture)), events.Select(e => e.Id));
        Assert.Contains("\"placed\":\"2014-01-01T00:00:00+00:00\"", events[0].Payload.ToStringUtf8(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", events[0].Payload.ToStringUtf8(), StringComparison.Ordinal);
        var status = await restarted.StatusAsync(Source);
        Assert.Equal((17, 0), (status.Received, status.Duplicates));
        var pull = await restarted.Http.GetFromJsonAsync<JsonElement>($"/v1/sources/{Source}/table-pull", CancellationToken);
        Assert.Equal((17, 17, "17", ""), (
            pull.GetProperty("received").GetInt64(), pull.GetProperty("accepted").GetInt64(), pull.GetProperty("key").GetString()!, pull.GetProperty("fault").GetString()!));
    }

    [Fact]
    public async Task Rows_that_are_not_settled_wait()
    {
        var shop = await ShopAsync();
        await ExecuteAsync(shop, "INSERT INTO orders VALUES (1, now() - interval '1 hour', 1), (2, now(), 2), (3, now() + interval '1 day', 3)");
        await using var host = await StartAsync(shop);

        await PullAsync(host);

        Assert.Equal(["1"], (await host.ReadAllAsync(source: Source)).Select(e => e.Id));
    }

    [Fact]
    public async Task A_watermark_may_be_a_number_and_bad_rows_are_dead_letters()
    {
        var shop = await ShopAsync();
        await ExecuteAsync(shop, "INSERT INTO orders SELECT i, now(), i * 100, NULL FROM generate_series(1, 12) i");
        await using var host = await StartAsync(shop);

        await PullAsync(host, new TablePullOptions { WatermarkColumn = "id" });

        var status = await host.StatusAsync(Source);
        Assert.Equal((12, 10, 2), (status.Received, status.HeadPosition, status.DeadLetters));
    }

    [Fact]
    public async Task Two_replicas_pull_together_without_reading_a_row_twice()
    {
        var shop = await ShopAsync();
        await ExecuteAsync(shop, "INSERT INTO orders SELECT i, now() - interval '1 hour', 1, NULL FROM generate_series(1, 100) i");
        await using var first = await StartAsync(shop);
        await using var second = await StartAsync(shop, first.ConnectionString);

        await Task.WhenAll(PullAsync(first), PullAsync(second));
        await PullAsync(first);

        var status = await first.StatusAsync(Source);
        Assert.Equal((100, 100, 0), (status.Received, status.HeadPosition, status.Duplicates));
    }

    [Fact]
    public async Task A_page_that_somebody_else_has_read_is_not_written()
    {
        var shop = await ShopAsync();
        await ExecuteAsync(shop, "INSERT INTO orders VALUES (1, now() - interval '1 hour', 1)");
        await using var host = await StartAsync(shop);
        await PullAsync(host);
        var sourceId = (await host.Get<CloudNativeAi.Ingestion.Sources.SourceCatalog>().FindAsync(Source, CancellationToken))!.SourceId;
        await using var connection = new NpgsqlConnection(host.ConnectionString);
        await connection.OpenAsync(CancellationToken);

        await Assert.ThrowsAsync<PullMovedException>(() => host.Get<TablePullStore>().SaveAsync(
            sourceId, connection, from: null, new TablePlace("later", "2"), new(1, 0, 0, 0), CancellationToken));
    }

    [Theory]
    [InlineData("SELECT * FROM orders", "changed", "key_that_is_not", "the query has no column 'key_that_is_not'")]
    [InlineData("SELECT id, changed FROM orders", "changed", "id", "column 'amount' is missing")]
    [InlineData("SELECT * FROM no_such_table", "changed", "id", "no_such_table")]
    [InlineData("SELECT * FROM (DELETE FROM orders RETURNING *) d", "changed", "id", "syntax error")]
    public async Task A_query_that_cannot_be_is_a_fault_that_can_be_looked_up_until_it_is_put_right(string query, string watermark, string key, string fault)
    {
        var shop = await ShopAsync();
        await ExecuteAsync(shop, "INSERT INTO orders VALUES (1, now() - interval '1 hour', 1)");
        await using var host = await StartAsync(shop);

        await Assert.ThrowsAnyAsync<Exception>(() => PullAsync(host, new TablePullOptions { Query = query, WatermarkColumn = watermark, KeyColumn = key }));
        var failed = await host.Http.GetFromJsonAsync<JsonElement>($"/v1/sources/{Source}/table-pull", CancellationToken);
        await PullAsync(host);
        var well = await host.Http.GetFromJsonAsync<JsonElement>($"/v1/sources/{Source}/table-pull", CancellationToken);

        Assert.Contains(fault, failed.GetProperty("fault").GetString(), StringComparison.Ordinal);
        Assert.Equal(("", 1), (well.GetProperty("fault").GetString()!, well.GetProperty("accepted").GetInt64()));
    }

    [Fact]
    public async Task A_source_that_never_pulled_has_no_pull()
    {
        await using var host = await StartAsync(await ShopAsync());

        using var never = await host.Http.GetAsync($"/v1/sources/{Source}/table-pull", CancellationToken);
        using var unknown = await host.Http.GetAsync("/v1/sources/none/table-pull", CancellationToken);

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (never.StatusCode, unknown.StatusCode));
    }

    // Somebody else's database.
    private async Task<string> ShopAsync()
    {
        var shop = await postgres.CreateDatabaseAsync();
        await ExecuteAsync(
            shop, "CREATE TABLE orders (id bigint PRIMARY KEY, changed timestamptz NOT NULL, amount numeric NOT NULL, placed date, secret text DEFAULT 'secret')");
        return shop;
    }

    private async Task<IngestionHost> StartAsync(string shop, string? connectionString = null)
    {
        var host = await IngestionHost.StartAsync(postgres, connectionString, settings: $"ConnectionStrings:{Shop}={shop}");
        await host.DeclareAsync(new Source
        {
            Name = Source,
            EventIdField = "id",
            EventTimestampField = "changed",
            Fields =
            {
                new SourceField { Name = "id", Type = ValueType.Int64 },
                new SourceField { Name = "changed", Type = ValueType.Timestamp },
                new SourceField { Name = "amount", Type = ValueType.Double, Maximum = 1_000 },
                new SourceField { Name = "placed", Type = ValueType.Timestamp, Nullable = true },
            },
        });
        return host;
    }

    private static Task PullAsync(IngestionHost host, TablePullOptions? options = null)
    {
        options ??= new TablePullOptions();
        options.Source = Source;
        options.ConnectionName = Shop;
        options.Query = options.Query.Length > 0 ? options.Query : "SELECT * FROM orders";
        options.WatermarkColumn = options.WatermarkColumn.Length > 0 ? options.WatermarkColumn : "changed";
        options.KeyColumn = options.KeyColumn.Length > 0 ? options.KeyColumn : "id";
        options.BatchRows = 3;
        return host.Get<TablePuller>().RunOnceAsync(options, CancellationToken);
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(CancellationToken);
    }
}
