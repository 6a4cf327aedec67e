using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CloudNativeAi.Ingestion.UploadJobs;
using CloudNativeAi.TestSupport;
using Microsoft.Extensions.Time.Testing;

namespace CloudNativeAi.Ingestion.Tests.UploadJobs;

public sealed class UploadJobFunctionalTests(PostgresServer postgres)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ndjson")]
    [InlineData("csv")]
    public async Task A_body_cut_at_any_byte_becomes_each_row_once(string format)
    {
        await using var host = await StartAsync("Ingestion:UploadBatchRows=7");
        var body = Body(format, 60);
        var job = await CreateAsync(host, format, body.Length);

        // Parts of 601 bytes, each from the offset that the last answer gave: ends of parts lie within records.
        var offset = 0L;
        while (offset < body.Length)
        {
            var part = body.AsMemory((int)offset, Math.Min(601, body.Length - (int)offset));
            using var response = await PatchAsync(host, job, offset, part);
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
            Assert.True(Offset(response) > offset);
            offset = Offset(response);
        }

        var document = await GetAsync(host, job);
        Assert.Equal("completed", document.GetProperty("state").GetString());
        AssertCounts(document, accepted: 60, duplicates: 0, deadLettered: 0);
        var events = await host.ReadAllAsync();
        Assert.Equal(Enumerable.Range(1, 60).Select(number => $"f{number:D8}"), events.Select(e => e.Id));
        Flights.AssertReconciled(await host.StatusAsync(), events);
    }

    [Fact]
    public async Task A_broken_connection_is_resumed_where_the_last_batch_ended_by_another_replica()
    {
        await using var first = await StartAsync("Ingestion:UploadBatchRows=10");
        await using var second = await IngestionHost.StartAsync(postgres, first.ConnectionString);
        var body = Body("csv", 100, bad: 30);
        var job = await CreateAsync(first, "csv", body.Length);

        using (var content = new BreakingContent(body.AsMemory(0, body.Length / 2)))
        {
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => SendAsync(first, job, 0, content));
        }

        // The server may still be busy with the batch that it has: the offset is then behind, and the part is refused with the new one.
        HttpStatusCode statusCode;
        do
        {
            var offset = (await GetAsync(second, job)).GetProperty("offset").GetInt64();
            using var response = await PatchAsync(second, job, offset, body.AsMemory((int)offset));
            statusCode = response.StatusCode;
        }
        while (statusCode == HttpStatusCode.Conflict);

        Assert.Equal(HttpStatusCode.NoContent, statusCode);
        var document = await GetAsync(first, job);
        Assert.Equal("completed", document.GetProperty("state").GetString());
        AssertCounts(document, accepted: 99, duplicates: 0, deadLettered: 1);
        var letters = await first.Http.GetFromJsonAsync<JsonElement>($"/v1/sources/{Flights.Name}/dead-letters", CancellationToken);
        Assert.Equal(29, letters.GetProperty("deadLetters")[0].GetProperty("row").GetInt64());
        Flights.AssertReconciled(await first.StatusAsync(), await first.ReadAllAsync());
    }

    [Fact]
    public async Task Parts_may_be_compressed_and_the_length_may_come_late()
    {
        await using var host = await StartAsync();
        var body = Body("ndjson", 50);
        var job = await CreateAsync(host, "ndjson", length: null);

        using var first = await PatchAsync(host, job, 0, body.AsMemory(0, 2_000), gzip: true);
        var offset = Offset(first);
        using var second = await PatchAsync(host, job, offset, body.AsMemory((int)offset), gzip: true, length: body.Length);
        using var corrupt = await PatchAsync(host, await CreateAsync(host, "ndjson", 100), 0, new byte[] { 0x1F, 0x8B, 1, 2 }, contentEncoding: "gzip");

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (first.StatusCode, second.StatusCode));
        AssertCounts(await GetAsync(host, job), accepted: 50, duplicates: 0, deadLettered: 0);
        Assert.Equal((HttpStatusCode.BadRequest, 0), (corrupt.StatusCode, Offset(corrupt)));
    }

    [Fact]
    public async Task A_cancelled_job_takes_nothing_more_and_keeps_what_it_has()
    {
        await using var host = await StartAsync();
        var body = Body("ndjson", 50);
        var job = await CreateAsync(host, "ndjson", body.Length);
        using var part = await PatchAsync(host, job, 0, body.AsMemory(0, 2_000));

        using var cancelled = await host.Http.DeleteAsync(job, CancellationToken);
        using var again = await host.Http.DeleteAsync(job, CancellationToken);
        using var refused = await PatchAsync(host, job, Offset(part), body.AsMemory((int)Offset(part)));

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent, HttpStatusCode.Gone), (cancelled.StatusCode, again.StatusCode, refused.StatusCode));
        var document = await GetAsync(host, job);
        Assert.Equal("cancelled", document.GetProperty("state").GetString());
        Assert.Equal(document.GetProperty("accepted").GetInt64(), (await host.ReadAllAsync()).Count);
    }

    [Fact]
    public async Task A_job_cancelled_while_its_bytes_come_stops_at_the_next_batch()
    {
        await using var host = await StartAsync("Ingestion:UploadBatchRows=10");
        var body = Body("ndjson", 100);
        var job = await CreateAsync(host, "ndjson", body.Length);
        using var content = new GatedContent(body.AsMemory(0, body.Length / 2), body.AsMemory(body.Length / 2));

        var sending = SendAsync(host, job, 0, content);
        await content.FirstSent.WaitAsync(CancellationToken);
        // What was sent need not have arrived: the bytes come once rows of them are kept.
        while ((await GetAsync(host, job)).GetProperty("accepted").GetInt64() == 0)
        {
            CancellationToken.ThrowIfCancellationRequested();
        }

        using var cancelled = await host.Http.DeleteAsync(job, CancellationToken);
        content.Open();
        using var response = await sending;

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.Conflict), (cancelled.StatusCode, response.StatusCode));
        Assert.Equal((await GetAsync(host, job)).GetProperty("accepted").GetInt64(), (await host.ReadAllAsync()).Count);
        Assert.True((await host.ReadAllAsync()).Count < 100);
    }

    [Fact]
    public async Task Making_a_job_again_finds_it_and_other_parameters_are_a_conflict()
    {
        await using var host = await StartAsync("UploadJobs:MaxOpen=2");

        var first = await CreateAsync(host, "csv", 10, key: "nightly");
        var again = await CreateAsync(host, "csv", 10, key: "nightly");
        using var other = await PostAsync(host, "?format=ndjson", 10, "nightly");
        using var reserved = await PostAsync(host, "?format=csv", 10, "file:a.csv:00");
        await CreateAsync(host, "csv", 10, key: "hourly");
        using var tooMany = await PostAsync(host, "?format=csv", 10, "weekly");

        Assert.Equal(first, again);
        Assert.Equal(
            (HttpStatusCode.Conflict, HttpStatusCode.BadRequest, HttpStatusCode.TooManyRequests), (other.StatusCode, reserved.StatusCode, tooMany.StatusCode));
        var page = await host.Http.GetFromJsonAsync<JsonElement>($"/v1/sources/{Flights.Name}/uploads?page_size=1", CancellationToken);
        var next = await host.Http.GetFromJsonAsync<JsonElement>(
            $"/v1/sources/{Flights.Name}/uploads?page_size=1&page_token={page.GetProperty("nextPageToken").GetString()}", CancellationToken);
        Assert.Equal(["hourly", "nightly"], new[] { page, next }.Select(p => p.GetProperty("uploads")[0].GetProperty("key").GetString()!));
    }

    [Fact]
    public async Task A_body_that_cannot_be_read_on_fails_the_job_and_what_came_before_is_kept()
    {
        await using var host = await StartAsync();
        var body = Encoding.UTF8.GetBytes("flight_id,departed\na,0\nb,0\n\"c,0\n");
        var job = await CreateAsync(host, "csv", body.Length);

        using var response = await PatchAsync(host, job, 0, body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var document = await GetAsync(host, job);
        Assert.Equal("failed", document.GetProperty("state").GetString());
        Assert.Contains("line 4: a quoted field is not closed", document.GetProperty("fault").GetString(), StringComparison.Ordinal);
        AssertCounts(document, accepted: 2, duplicates: 0, deadLettered: 0);
    }

    [Fact]
    public async Task What_a_part_says_wrong_is_refused_and_changes_nothing()
    {
        await using var host = await StartAsync();
        var job = await CreateAsync(host, "ndjson", 100);
        var row = Encoding.UTF8.GetBytes(Flights.Row(1) + "\n");

        foreach (var (offset, length, bytes, contentType, expected) in new[]
        {
            ("1", null, row, UploadJobRequest.ContentType, HttpStatusCode.Conflict),
            ("-1", null, row, UploadJobRequest.ContentType, HttpStatusCode.BadRequest),
            ("x", null, row, UploadJobRequest.ContentType, HttpStatusCode.BadRequest),
            (null, null, row, UploadJobRequest.ContentType, HttpStatusCode.BadRequest),
            ("0", "99", row, UploadJobRequest.ContentType, HttpStatusCode.BadRequest),
            ("0", "x", row, UploadJobRequest.ContentType, HttpStatusCode.BadRequest),
            ("0", null, row, "text/csv", HttpStatusCode.UnsupportedMediaType),
            ("0", null, [.. row, .. row], UploadJobRequest.ContentType, HttpStatusCode.BadRequest),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Patch, job) { Content = new ByteArrayContent(bytes) };
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            request.Headers.TryAddWithoutValidation(UploadJobRequest.Offset, offset);
            request.Headers.TryAddWithoutValidation(UploadJobRequest.Length, length);
            using var response = await host.Http.SendAsync(request, CancellationToken);
            Assert.Equal(expected, response.StatusCode);
        }

        Assert.Equal(0, (await GetAsync(host, job)).GetProperty("offset").GetInt64());
    }

    [Theory]
    [InlineData("?format=parquet", "10", HttpStatusCode.BadRequest)]
    [InlineData("", "10", HttpStatusCode.BadRequest)]
    [InlineData("?format=csv", "-1", HttpStatusCode.BadRequest)]
    [InlineData("?format=csv", "99999999999999999999", HttpStatusCode.BadRequest)]
    [InlineData("?format=csv", "9999999999999999", HttpStatusCode.BadRequest)]
    [InlineData("?format=csv&delimiter=ab", "10", HttpStatusCode.BadRequest)]
    public async Task A_job_that_cannot_be_is_not_made(string query, string length, HttpStatusCode expected)
    {
        await using var host = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/sources/{Flights.Name}/uploads{query}");
        request.Headers.TryAddWithoutValidation(UploadJobRequest.Length, length);

        using var response = await host.Http.SendAsync(request, CancellationToken);
        using var unknown = await host.Http.GetAsync($"/v1/sources/{Flights.Name}/uploads/{Guid.NewGuid()}", CancellationToken);
        using var badPage = await host.Http.GetAsync($"/v1/sources/{Flights.Name}/uploads?page_size=0", CancellationToken);

        Assert.Equal((expected, HttpStatusCode.NotFound, HttpStatusCode.BadRequest), (response.StatusCode, unknown.StatusCode, badPage.StatusCode));
    }

    [Fact]
    public async Task A_client_of_tus_finds_its_headers_and_progress_is_streamed()
    {
        await using var host = await StartAsync();
        var body = Body("csv", 5);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/sources/{Flights.Name}/uploads");
        request.Headers.Add(UploadJobRequest.Length, body.Length.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("Upload-Metadata", $"filename YS5jc3Y=,filetype {Convert.ToBase64String("text/csv"u8)}");
        using var created = await host.Http.SendAsync(request, CancellationToken);
        var job = created.Headers.Location!.ToString();

        using var part = await PatchAsync(host, job, 0, body);
        using var head = await host.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, job), CancellationToken);
        var progress = await host.Http.GetStringAsync($"{job}/progress", CancellationToken);

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.NoContent, HttpStatusCode.OK), (created.StatusCode, part.StatusCode, head.StatusCode));
        Assert.Equal((body.Length, "1.0.0"), (Offset(head), head.Headers.GetValues("Tus-Resumable").Single()));
        Assert.Contains("event: progress", progress, StringComparison.Ordinal);
        Assert.Contains("\"state\":\"completed\"", progress, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Idle_jobs_fail_and_ended_ones_are_forgotten()
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2026-03-30T12:00:00Z", CultureInfo.InvariantCulture));
        await using var host = await IngestionHost.StartAsync(postgres, timeProvider: time);
        await host.DeclareAsync();
        var job = await CreateAsync(host, "csv", 10);

        time.Advance(TimeSpan.FromHours(25));
        await host.Get<UploadJobStore>().MaintainAsync(CancellationToken);
        var failed = await GetAsync(host, job);
        time.Advance(TimeSpan.FromDays(31));
        await host.Get<UploadJobStore>().MaintainAsync(CancellationToken);
        using var gone = await host.Http.GetAsync(job, CancellationToken);

        Assert.Equal("failed", failed.GetProperty("state").GetString());
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    private async Task<IngestionHost> StartAsync(params string[] settings)
    {
        var host = await IngestionHost.StartAsync(postgres, settings: settings);
        await host.DeclareAsync();
        return host;
    }

    private static byte[] Body(string format, int rows, int bad = 0) => Encoding.UTF8.GetBytes(format == "csv"
        ? "flight_id,departed,carrier,delay\n" + string.Concat(Enumerable.Range(1, rows).Select(number =>
            $"f{number:D8},{Flights.NewYearMicros + number},\"Alaska\r\n\"\"AS\"\"\",{(number == bad ? "late" : number)}\r\n"))
        : string.Join('\n', Enumerable.Range(1, rows).Select(number => Flights.Row(number))));

    private static async Task<string> CreateAsync(IngestionHost host, string format, long? length, string? key = null)
    {
        using var response = await PostAsync(host, $"?format={format}", length, key);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return response.Headers.Location!.ToString();
    }

    private static async Task<HttpResponseMessage> PostAsync(IngestionHost host, string query, long? length, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/sources/{Flights.Name}/uploads{query}");
        if (length is { } bytes)
        {
            request.Headers.Add(UploadJobRequest.Length, bytes.ToString(CultureInfo.InvariantCulture));
        }

        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await host.Http.SendAsync(request, CancellationToken);
    }

    private static async Task<HttpResponseMessage> PatchAsync(
        IngestionHost host, string job, long offset, ReadOnlyMemory<byte> part, bool gzip = false, string? contentEncoding = null, long? length = null)
    {
        if (gzip)
        {
            using var target = new MemoryStream();
            await using (var compressor = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true))
            {
                compressor.Write(part.Span);
            }

            (part, contentEncoding) = (target.ToArray(), "gzip");
        }

        using var content = new ByteArrayContent(part.ToArray());
        if (contentEncoding is not null)
        {
            content.Headers.ContentEncoding.Add(contentEncoding);
        }

        return await SendAsync(host, job, offset, content, length);
    }

    private static async Task<HttpResponseMessage> SendAsync(IngestionHost host, string job, long offset, HttpContent content, long? length = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, job) { Content = content };
        content.Headers.ContentType = new(UploadJobRequest.ContentType);
        request.Headers.Add(UploadJobRequest.Offset, offset.ToString(CultureInfo.InvariantCulture));
        if (length is { } bytes)
        {
            request.Headers.Add(UploadJobRequest.Length, bytes.ToString(CultureInfo.InvariantCulture));
        }

        return await host.Http.SendAsync(request, CancellationToken);
    }

    private static async Task<JsonElement> GetAsync(IngestionHost host, string job) => await host.Http.GetFromJsonAsync<JsonElement>(job, CancellationToken);

    private static long Offset(HttpResponseMessage response) =>
        long.Parse(response.Headers.GetValues(UploadJobRequest.Offset).Single(), CultureInfo.InvariantCulture);

    private static void AssertCounts(JsonElement job, long accepted, long duplicates, long deadLettered)
    {
        Assert.Equal(
            (accepted, duplicates, deadLettered),
            (job.GetProperty("accepted").GetInt64(), job.GetProperty("duplicates").GetInt64(), job.GetProperty("deadLettered").GetInt64()));
        Assert.Equal(accepted + duplicates + deadLettered, job.GetProperty("received").GetInt64());
    }
}
