using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Ingestion.Tests.Uploads;

public sealed class UploadFunctionalTests(PostgresServer postgres)
{
    private const string Header = "flight_id,departed,carrier,delay,seats,cancelled\n";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/x-ndjson")]
    [InlineData("text/csv")]
    public async Task Every_format_makes_the_same_events(string mediaType)
    {
        await using var host = await StartAsync(settings: "Ingestion:UploadBatchRows=7");
        var body = mediaType switch
        {
            "application/json" => $"[{string.Join(",\n", Enumerable.Range(1, 30).Select(number => Flights.Row(number)))}]",
            "text/csv" => Header + string.Concat(Enumerable.Range(1, 30).Select(number =>
                $"f{number:D8},{Flights.NewYearMicros + (number * 1_000_000L)},\"AS\",{number % 60},150,false\r\n")),
            _ => string.Join("\r\n", Enumerable.Range(1, 30).Select(number => Flights.Row(number))),
        };

        var (statusCode, result) = await PostAsync(host, body, mediaType);
        var (_, again) = await PostAsync(host, body, mediaType);

        Assert.Equal(HttpStatusCode.OK, statusCode);
        Assert.Equal((30, 30), (result.GetProperty("accepted").GetInt64(), result.GetProperty("lastPosition").GetInt64()));
        Assert.Equal((0, 30), (again.GetProperty("accepted").GetInt64(), again.GetProperty("duplicates").GetInt64()));
        var events = await host.ReadAllAsync();
        Assert.Equal(Enumerable.Range(1, 30).Select(number => Flights.Row(number)), events.Select(e => e.Payload.ToStringUtf8()));
        Flights.AssertReconciled(await host.StatusAsync(), events);
    }

    [Fact]
    public async Task A_single_object_is_one_event()
    {
        await using var host = await StartAsync();

        var (statusCode, result) = await PostAsync(host, Flights.Row(1), "application/json; charset=utf-8");

        Assert.Equal((HttpStatusCode.OK, 1), (statusCode, result.GetProperty("accepted").GetInt64()));
    }

    [Theory]
    [InlineData("application/x-ndjson")]
    [InlineData("application/json")]
    public async Task A_bad_row_refuses_the_whole_upload_over_several_batches(string mediaType)
    {
        await using var host = await StartAsync(settings: "Ingestion:UploadBatchRows=7");
        var rows = Enumerable.Range(1, 30).Select(number => number == 25 ? """{"flight_id":"x","departed":"tomorrow"}""" : Flights.Row(number));
        var body = mediaType == "application/json" ? $"[{string.Join(',', rows)}]" : string.Join('\n', rows);

        var (statusCode, problem) = await PostAsync(host, body, mediaType);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, statusCode);
        Assert.Contains("Row 24", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("field 'departed'", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty(await host.ReadAllAsync());
        var status = await host.StatusAsync();
        Assert.Equal((30, 30), (status.Received, status.Refused));
    }

    [Fact]
    public async Task Dead_lettering_keeps_the_good_rows_and_the_bytes_of_the_bad()
    {
        await using var host = await StartAsync(settings: "Ingestion:UploadBatchRows=4");
        var body = Header + string.Join('\n', [
            "a,2014-01-01T00:00:00Z,AS,1.5,150,true",
            "b,9999-01-01T00:00:00Z,AS,1.5,150,true",
            "c,2014-01-01T00:00:00Z,AS,late,150,true",
            "d,2014-01-01T00:00:00Z,\"Alaska, \"\"AS\"\"\",,,",
            "e,2014-01-01T00:00:00Z,AS",
            "f,2014-01-01T00:00:00Z,A\"S,1,1,true",
            "\"g",
            "g\",2014-01-01T00:00:00Z,NA,1,1,false",
            ",2014-01-01T00:00:00Z,AS,1,1,false",
        ]);

        var (statusCode, result) = await PostAsync(host, body, "text/csv", "?on_invalid=dead-letter&null=NA");

        Assert.Equal(HttpStatusCode.OK, statusCode);
        Assert.Equal((3, 5), (result.GetProperty("accepted").GetInt64(), result.GetProperty("deadLettered").GetInt64()));
        var invalid = result.GetProperty("invalid").EnumerateArray().ToList();
        Assert.Equal([3, 4, 6, 7, 10], invalid.Select(row => row.GetProperty("line").GetInt64()));
        Assert.Equal(["departed", "delay", "", "", "flight_id"], invalid.Select(row => row.GetProperty("field").GetString()!));
        var events = await host.ReadAllAsync();
        Assert.Equal(["a", "d", "g\ng"], events.Select(e => e.Id));
        Assert.Equal("""{"flight_id":"d","departed":"2014-01-01T00:00:00Z","carrier":"Alaska, \"AS\""}""", events[1].Payload.ToStringUtf8());
        Assert.DoesNotContain("carrier", events[2].Payload.ToStringUtf8(), StringComparison.Ordinal);
        var letters = await host.Sources.ListDeadLettersAsync(new ListDeadLettersRequest { Source = Flights.Name }, cancellationToken: CancellationToken);
        var ordered = letters.DeadLetters.OrderBy(letter => letter.Row).ToList();
        Assert.Equal("c,2014-01-01T00:00:00Z,AS,late,150,true", ordered[1].Original.ToStringUtf8());
        Assert.Contains("\"delay\":\"late\"", ordered[1].Payload.ToStringUtf8(), StringComparison.Ordinal);
        Assert.Equal("e,2014-01-01T00:00:00Z,AS", ordered[2].Payload.ToStringUtf8());
        Flights.AssertReconciled(await host.StatusAsync(), events);
    }

    [Theory]
    [InlineData("text/csv", "flight_id,departed,colour\n", "column 'colour' is not a field")]
    [InlineData("text/csv", "flight_id,flight_id\n", "column 'flight_id' is there twice")]
    [InlineData("text/csv", "flight_id\na\n", "column 'departed' is missing")]
    [InlineData("text/csv", "", "no header row")]
    [InlineData("text/csv", "flight_id,departed\na,0\n\"b,0\nc,0\n", "Row 1, line 3: a quoted field is not closed")]
    [InlineData("application/json", "", "ends too early")]
    [InlineData("application/json", "[{\"flight_id\":\"a\"}", "Row 1, line 1: the JSON text is malformed or ends too early")]
    [InlineData("application/json", "[{\"flight_id\":\"a\"},\n{]", "Row 1, line 2: the JSON text is malformed")]
    [InlineData("application/json", "[]]", "malformed")]
    [InlineData("application/json", "{}{}", "malformed")]
    [InlineData("application/json", "7", "neither an array of objects nor an object")]
    public async Task A_malformed_body_is_refused_by_row_and_line(string mediaType, string body, string reason)
    {
        await using var host = await StartAsync();

        var (statusCode, problem) = await PostAsync(host, body, mediaType);

        Assert.Equal(HttpStatusCode.BadRequest, statusCode);
        Assert.Contains(reason, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("Nothing was written", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty(await host.ReadAllAsync());
    }

    [Fact]
    public async Task What_was_read_before_the_malformed_place_is_kept_when_dead_lettering()
    {
        await using var host = await StartAsync();

        var (statusCode, problem) = await PostAsync(host, $"[{Flights.Row(1)},{Flights.Row(2)},{{]", "application/json", "?on_invalid=dead-letter");

        Assert.Equal(HttpStatusCode.BadRequest, statusCode);
        Assert.Contains("The 2 rows before it were kept: 2 accepted", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, (await host.ReadAllAsync()).Count);
    }

    [Fact]
    public async Task A_body_of_100_MB_is_refused_where_there_is_a_limit()
    {
        await using var host = await StartAsync();
        var row = Encoding.UTF8.GetBytes(Flights.Row(1) + ",");
        var body = new byte[100_000_000];
        body[0] = (byte)'[';
        for (var at = 1; at + row.Length < body.Length; at += row.Length)
        {
            row.CopyTo(body, at);
        }

        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        using var declared = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/events", content, CancellationToken);
        using var chunked = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/events", new ChunkedContent(body), CancellationToken);

        foreach (var response in new[] { declared, chunked })
        {
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            Assert.Contains("33554432 bytes", await response.Content.ReadAsStringAsync(CancellationToken), StringComparison.Ordinal);
        }

        Assert.Empty(await host.ReadAllAsync());
    }

    [Fact]
    public async Task A_small_body_that_grows_beyond_the_limit_is_refused_too()
    {
        await using var host = await StartAsync();
        var row = Flights.Row(1) + ",";
        using var content = Compressed(Encoding.UTF8.GetBytes('[' + string.Concat(Enumerable.Repeat(row, 40_000_000 / row.Length))), "gzip");
        content.Headers.ContentType = new("application/json");

        using var response = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/events", content, CancellationToken);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public async Task Compressed_bodies_are_understood(string encoding)
    {
        await using var host = await StartAsync();
        var body = Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(1, 20_000).Select(number => Flights.Row(number))));
        using var content = Compressed(body, encoding);
        content.Headers.ContentType = new("application/x-ndjson");
        using var broken = new ByteArrayContent([0x1F, 0x8B, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        broken.Headers.ContentType = new("application/x-ndjson");
        broken.Headers.ContentEncoding.Add(encoding);

        using var response = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/events", content, CancellationToken);
        using var refused = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/events", broken, CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(20_000, (await host.StatusAsync()).HeadPosition);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    [Theory]
    [InlineData("text/plain", "", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("text/csv; charset=ebcdic", "", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json", "?on_invalid=ignore", HttpStatusCode.BadRequest)]
    [InlineData("text/csv", "?delimiter=ab", HttpStatusCode.BadRequest)]
    [InlineData("text/csv", "?header=perhaps", HttpStatusCode.BadRequest)]
    public async Task A_request_that_is_not_understood_says_what_would_be(string mediaType, string query, HttpStatusCode expected)
    {
        await using var host = await StartAsync();

        var (statusCode, problem) = await PostAsync(host, "[]", mediaType, query);

        Assert.Equal(expected, statusCode);
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
    }

    [Fact]
    public async Task An_upload_to_an_unknown_source_is_not_found()
    {
        await using var host = await StartAsync();
        using var response = await host.Http.PostAsync("/v1/sources/none/events", new StringContent("[]", Encoding.UTF8, "application/json"), CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task Events_can_be_looked_at_by_http()
    {
        await using var host = await StartAsync();
        await host.IngestAsync(Flights.Batch(1, 20));

        var page = await host.Http.GetFromJsonAsync<JsonElement>($"/v1/sources/{Flights.Name}/events?after=5&limit=3", CancellationToken);
        using var bad = await host.Http.GetAsync($"/v1/sources/{Flights.Name}/events?limit=0", CancellationToken);

        Assert.Equal([6, 7, 8], page.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("position").GetInt64()));
        Assert.Equal("AS", page.GetProperty("events")[0].GetProperty("payload").GetProperty("carrier").GetString());
        Assert.Equal(20, page.GetProperty("headPosition").GetInt64());
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
    }

    private async Task<IngestionHost> StartAsync(params string[] settings)
    {
        var host = await IngestionHost.StartAsync(postgres, settings: settings);
        await host.DeclareAsync();
        return host;
    }

    private static async Task<(HttpStatusCode StatusCode, JsonElement Body)> PostAsync(IngestionHost host, string body, string contentType, string query = "")
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(contentType);
        using var response = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/events{query}", content, CancellationToken);
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(CancellationToken));
    }

    private static ByteArrayContent Compressed(byte[] body, string encoding)
    {
        using var target = new MemoryStream();
        using (Stream compressor = encoding == "gzip" ? new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true) : new ZstdSharp.CompressionStream(target))
        {
            compressor.Write(body);
        }

        var content = new ByteArrayContent(target.ToArray());
        content.Headers.ContentEncoding.Add(encoding);
        return content;
    }

    private sealed class ChunkedContent : HttpContent
    {
        private readonly byte[] _body;

        public ChunkedContent(byte[] body)
        {
            _body = body;
            Headers.ContentType = new("application/json");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(_body).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
