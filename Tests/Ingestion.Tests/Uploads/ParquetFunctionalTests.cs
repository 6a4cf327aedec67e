using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.Uploads;
using CloudNativeAi.TestSupport;
using DuckDB.NET.Data;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Ingestion.Tests.Uploads;

public sealed class ParquetFunctionalTests(PostgresServer postgres)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_of_every_row_group_are_events_in_their_order_once()
    {
        await using var host = await StartAsync("Ingestion:UploadBatchRows=700");
        var file = ParquetFile.Write(
            $"""
            SELECT printf('f%08d', i) AS flight_id, make_timestamp({Flights.NewYearMicros} + i * 1000000) AS departed, 'AS' AS carrier,
                   (i % 60)::DOUBLE AS delay, 150::INTEGER AS seats, false AS cancelled
            FROM range(1, 5001) r (i)
            """,
            "ROW_GROUP_SIZE 2048, COMPRESSION zstd");

        var (statusCode, result) = await PostAsync(host, file);
        var (_, again) = await PostAsync(host, file);

        Assert.Equal(HttpStatusCode.OK, statusCode);
        Assert.Equal((5_000, 5_000), (result.GetProperty("accepted").GetInt64(), again.GetProperty("duplicates").GetInt64()));
        var events = await host.ReadAllAsync();
        Assert.Equal(Enumerable.Range(1, 5_000).Select(number => Flights.Row(number)), events.Select(e => e.Payload.ToStringUtf8()));
        Flights.AssertReconciled(await host.StatusAsync(), events);
    }

    [Fact]
    public async Task Values_of_every_type_become_values_of_the_source()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync(new Source
        {
            Name = "types",
            EventIdField = "id",
            EventTimestampField = "at",
            Fields =
            {
                new SourceField { Name = "id", Type = ValueType.Int64 },
                new SourceField { Name = "at", Type = ValueType.Timestamp },
                new SourceField { Name = "day", Type = ValueType.Timestamp, Nullable = true },
                new SourceField { Name = "text", Type = ValueType.String, Nullable = true },
                new SourceField { Name = "price", Type = ValueType.Double, Nullable = true },
                new SourceField { Name = "big", Type = ValueType.Int64, Nullable = true },
                new SourceField { Name = "flag", Type = ValueType.Bool, Nullable = true },
            },
        });
        var file = ParquetFile.Write(
            """
            SELECT * FROM (VALUES
              (1::UTINYINT, TIMESTAMPTZ '2014-01-01 00:00:00+00', DATE '2014-01-02', 'a "b" ü', 1.50::DECIMAL(9, 2), 7::UBIGINT, true),
              (2, TIMESTAMPTZ '2014-01-01 01:00:00+01', NULL, NULL, NULL, NULL, NULL),
              (3, TIMESTAMPTZ '2014-01-01 00:00:00+00', NULL, 'too big', NULL, 18446744073709551615::UBIGINT, NULL)) v (id, "at", day, text, price, big, flag)
            """);

        var (_, result) = await PostAsync(host, file, "types", "?on_invalid=dead-letter");

        Assert.Equal((2, 1), (result.GetProperty("accepted").GetInt64(), result.GetProperty("deadLettered").GetInt64()));
        Assert.Equal("big", result.GetProperty("invalid")[0].GetProperty("field").GetString());
        Assert.Equal(
            [
                """{"id":1,"at":1388534400000000,"day":1388620800000000,"text":"a \"b\" ü","price":1.50,"big":7,"flag":true}""",
                """{"id":2,"at":1388534400000000}""",
            ],
            (await host.ReadAllAsync(source: "types")).Select(e => e.Payload.ToStringUtf8()));
    }

    [Fact]
    public async Task A_number_that_is_none_is_a_bad_row()
    {
        await using var host = await StartAsync();
        var file = ParquetFile.Write("SELECT 'a' AS flight_id, TIMESTAMP '2014-01-01' AS departed, 'NaN'::DOUBLE AS delay");

        var (statusCode, problem) = await PostAsync(host, file);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, statusCode);
        Assert.Contains("field 'delay': must be a finite number", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT 'a' AS flight_id, TIMESTAMP '2014-01-01' AS departed, 1 AS colour", "column 'colour' is not a field")]
    [InlineData("SELECT 'a' AS flight_id", "column 'departed' is missing")]
    [InlineData("SELECT 'a' AS flight_id, TIMESTAMP '2014-01-01' AS departed, ['AS'] AS carrier", "which no field of a source can be")]
    [InlineData("SELECT 'a' AS flight_id, TIMESTAMP '2014-01-01' AS departed, {'code': 'AS'} AS carrier", "which no field of a source can be")]
    public async Task A_file_of_other_columns_is_refused(string select, string reason)
    {
        await using var host = await StartAsync();

        var (statusCode, problem) = await PostAsync(host, ParquetFile.Write(select));

        Assert.Equal(HttpStatusCode.BadRequest, statusCode);
        Assert.Contains(reason, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("Nothing was written", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_no_file_or_half_a_file_are_refused_without_a_path_of_this_machine()
    {
        await using var host = await StartAsync();
        var file = ParquetFile.Write("SELECT 'a' AS flight_id, TIMESTAMP '2014-01-01' AS departed");
        var damaged = file.ToArray();
        damaged.AsSpan(4, damaged.Length / 2).Fill(0xA5);

        foreach (var body in new[] { [], "PAR1"u8.ToArray(), file[..^9], [.. "hello"u8, .. file[5..]], damaged })
        {
            var (statusCode, problem) = await PostAsync(host, body);

            Assert.Equal(HttpStatusCode.BadRequest, statusCode);
            Assert.DoesNotContain(".spool", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        Assert.Empty(await host.ReadAllAsync());
    }

    [Fact]
    public async Task A_compressed_file_is_understood_and_nothing_stays_on_disk()
    {
        var spool = Directory.CreateTempSubdirectory("spool-");
        await using var host = await StartAsync($"Ingestion:SpoolDirectory={spool.FullName}");
        using var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(ParquetFile.Write("SELECT 'a' AS flight_id, TIMESTAMP '2014-01-01' AS departed"));
        }

        using var content = new ByteArrayContent(compressed.ToArray());
        content.Headers.ContentType = new("application/vnd.apache.parquet");
        content.Headers.ContentEncoding.Add("gzip");
        using var response = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/events", content, CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(spool.GetFileSystemInfos());
        spool.Delete(recursive: true);
    }

    [Fact]
    public async Task Files_over_the_limits_are_turned_away()
    {
        await using var host = await StartAsync("Ingestion:MaxParquetBodyBytes=1024", "Ingestion:MaxParquetReaders=1");
        using var taken = host.Get<ParquetSlots>().TryTake();

        var (tooLarge, _) = await PostAsync(host, new byte[2_000]);
        var (tooMany, _) = await PostAsync(host, new byte[1_000]);

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.TooManyRequests), (tooLarge, tooMany));
    }

    private async Task<IngestionHost> StartAsync(params string[] settings)
    {
        var host = await IngestionHost.StartAsync(postgres, settings: settings);
        await host.DeclareAsync();
        return host;
    }

    private static async Task<(HttpStatusCode StatusCode, JsonElement Body)> PostAsync(
        IngestionHost host, byte[] body, string source = Flights.Name, string query = "")
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/vnd.apache.parquet");
        using var response = await host.Http.PostAsync($"/v1/sources/{source}/events{query}", content, CancellationToken);
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(CancellationToken));
    }
}

/// <summary>Parquet files, written by DuckDB.</summary>
internal static class ParquetFile
{
    public static byte[] Write(string select, string options = "COMPRESSION snappy")
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.parquet");
        try
        {
            using var connection = new DuckDBConnection("DataSource=:memory:");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = $"SET TimeZone = 'UTC'; COPY ({select}) TO '{path}' (FORMAT parquet, {options})";
            command.ExecuteNonQuery();
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
