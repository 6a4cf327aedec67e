using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.TestSupport;
using Google.Protobuf;
using Grpc.Core;

namespace CloudNativeAi.Ingestion.Tests.DeadLetters;

public sealed class DeadLetterFunctionalTests(PostgresServer postgres)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_hold_every_dead_letter_once()
    {
        await using var host = await StartAsync(25);

        List<long> rows = [];
        var token = "";
        do
        {
            var page = await host.Sources.ListDeadLettersAsync(
                new ListDeadLettersRequest { Source = Flights.Name, PageSize = 10, PageToken = token }, cancellationToken: CancellationToken);
            rows.AddRange(page.DeadLetters.Select(letter => letter.Row));
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        Assert.Equal(Enumerable.Range(0, 25).Select(row => (long)row), rows.Order());
        var other = await host.Sources.ListDeadLettersAsync(new ListDeadLettersRequest { Source = Flights.Name, Field = "seats" }, cancellationToken: CancellationToken);
        Assert.Empty(other.DeadLetters);
    }

    [Theory]
    [InlineData(1_001, "")]
    [InlineData(-1, "")]
    [InlineData(0, "x")]
    public async Task A_page_that_cannot_be_is_refused(int pageSize, string token)
    {
        await using var host = await StartAsync(1);

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await host.Sources.ListDeadLettersAsync(
            new ListDeadLettersRequest { Source = Flights.Name, PageSize = pageSize, PageToken = token }, cancellationToken: CancellationToken));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    [Fact]
    public async Task A_corrected_row_becomes_an_event_once()
    {
        await using var host = await StartAsync(1);
        var letter = await FirstAsync(host);
        var request = new ReplayDeadLetterRequest { Source = Flights.Name, Id = letter.Id, Payload = ByteString.CopyFromUtf8(Flights.Row("r0", Flights.NewYearMicros, 7)) };

        var stillBad = await Assert.ThrowsAsync<RpcException>(async () => await host.Sources.ReplayDeadLetterAsync(
            new ReplayDeadLetterRequest { Source = Flights.Name, Id = letter.Id }, cancellationToken: CancellationToken));
        var replayed = await host.Sources.ReplayDeadLetterAsync(request, cancellationToken: CancellationToken);
        var again = await Assert.ThrowsAsync<RpcException>(async () => await host.Sources.ReplayDeadLetterAsync(request, cancellationToken: CancellationToken));

        Assert.Equal(StatusCode.InvalidArgument, stillBad.StatusCode);
        Assert.Contains("field 'delay'", stillBad.Status.Detail, StringComparison.Ordinal);
        Assert.Equal((true, 1), (replayed.Accepted, replayed.LastPosition));
        Assert.Equal(StatusCode.FailedPrecondition, again.StatusCode);
        Assert.Equal("r0", Assert.Single(await host.ReadAllAsync()).Id);
        var status = await host.StatusAsync();
        Assert.Equal((1, 1, 0, 0), (status.Received, status.HeadPosition, status.DeadLetters, status.Duplicates));
    }

    [Fact]
    public async Task Replays_at_the_same_time_append_one_event()
    {
        await using var host = await StartAsync(1);
        var letter = await FirstAsync(host);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
        {
            try
            {
                var row = ByteString.CopyFromUtf8(Flights.Row($"r{number}", Flights.NewYearMicros, 7));
                var response = await host.Sources.ReplayDeadLetterAsync(
                    new ReplayDeadLetterRequest { Source = Flights.Name, Id = letter.Id, Payload = row }, cancellationToken: CancellationToken);
                return response.Accepted;
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.FailedPrecondition)
            {
                return false;
            }
        }));

        Assert.Single(outcomes, accepted => accepted);
        Flights.AssertReconciled(await host.StatusAsync(), await host.ReadAllAsync());
    }

    [Fact]
    public async Task A_row_that_a_new_version_of_the_schema_allows_is_replayed_as_it_is()
    {
        await using var host = await StartAsync(1);
        var source = Flights.Source();
        source.Fields[3].Maximum = 100_000;
        await host.DeclareAsync(source);

        var replayed = await host.Sources.ReplayDeadLetterAsync(
            new ReplayDeadLetterRequest { Source = Flights.Name, Id = (await FirstAsync(host)).Id }, cancellationToken: CancellationToken);

        Assert.True(replayed.Accepted);
        Assert.Equal(2, Assert.Single(await host.ReadAllAsync()).SchemaVersion);
    }

    [Fact]
    public async Task A_discarded_dead_letter_counts_as_refused()
    {
        await using var host = await StartAsync(2);
        var letter = await FirstAsync(host);

        var discarded = await host.Sources.DiscardDeadLetterAsync(new DiscardDeadLetterRequest { Source = Flights.Name, Id = letter.Id }, cancellationToken: CancellationToken);

        Assert.Equal(DeadLetterState.Discarded, discarded.State);
        var status = await host.StatusAsync();
        Assert.Equal((2, 1, 1), (status.Received, status.DeadLetters, status.Refused));
    }

    [Fact]
    public async Task Http_lists_corrects_and_discards()
    {
        await using var host = await StartAsync(3);
        var page = await host.Http.GetFromJsonAsync<JsonElement>($"/v1/sources/{Flights.Name}/dead-letters?page_size=2", CancellationToken);
        var ids = page.GetProperty("deadLetters").EnumerateArray().Select(letter => letter.GetProperty("id").GetInt64()).ToList();
        var corrected = new StringContent(Flights.Row("r0", Flights.NewYearMicros, 7), null, "application/json");

        using var replayed = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/dead-letters/{ids[0]}/replay", corrected, CancellationToken);
        using var stillBad = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/dead-letters/{ids[1]}/replay", null, CancellationToken);
        using var discarded = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/dead-letters/{ids[1]}/discard", null, CancellationToken);
        using var unknown = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/dead-letters/999999/discard", null, CancellationToken);

        Assert.NotNull(page.GetProperty("nextPageToken").GetString());
        Assert.Equal(HttpStatusCode.OK, replayed.StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, stillBad.StatusCode);
        Assert.Equal(HttpStatusCode.OK, discarded.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        var states = await host.Http.GetFromJsonAsync<JsonElement>($"/v1/sources/{Flights.Name}/dead-letters?state=replayed", CancellationToken);
        Assert.Equal(1, states.GetProperty("deadLetters").GetArrayLength());
    }

    [Fact]
    public async Task All_that_a_new_version_allows_are_replayed_page_by_page_each_once_and_the_counts_reconcile()
    {
        await using var host = await StartAsync(25);
        await host.IngestAsync(new IngestEventsRequest
        {
            Source = Flights.Name,
            OnInvalid = OnInvalid.DeadLetter,
            Events = { new Event { Payload = ByteString.CopyFromUtf8("{}") }, new Event { Payload = ByteString.CopyFromUtf8(Flights.Row("r3", Flights.NewYearMicros, 1)) } },
        });
        var source = Flights.Source();
        source.Fields[3].Maximum = 100_000;
        await host.DeclareAsync(source);

        // Two at a time: each dead letter is taken by one of them.
        var totals = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => ReplayAllAsync(host)));

        Assert.Equal((24, 1), (totals.Sum(total => total.Accepted), totals.Sum(total => total.Duplicates)));
        Assert.All(totals, total => Assert.Equal(1, total.StillInvalid));
        var status = await host.StatusAsync();
        Assert.Equal((27, 25, 1, 1), (status.Received, status.HeadPosition, status.Duplicates, status.DeadLetters));
        Flights.AssertReconciled(status, await host.ReadAllAsync());
    }

    [Fact]
    public async Task Http_replays_a_page_and_finds_the_dead_letters_of_a_field_or_an_event()
    {
        await using var host = await StartAsync(3);
        var byEvent = await host.Http.GetFromJsonAsync<JsonElement>($"/v1/sources/{Flights.Name}/dead-letters?event_id=r1&field=delay", CancellationToken);
        var none = await host.Http.GetFromJsonAsync<JsonElement>($"/v1/sources/{Flights.Name}/dead-letters?event_id=r1&field=carrier", CancellationToken);
        var source = Flights.Source();
        source.Fields[3].Maximum = 100_000;
        await host.DeclareAsync(source);

        using var replayed = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/dead-letters/replay?page_size=2&field=delay", null, CancellationToken);
        using var bad = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/dead-letters/replay?page_token=x", null, CancellationToken);

        Assert.Equal((1, 0), (byEvent.GetProperty("deadLetters").GetArrayLength(), none.GetProperty("deadLetters").GetArrayLength()));
        var result = await replayed.Content.ReadFromJsonAsync<JsonElement>(CancellationToken);
        Assert.Equal(2, result.GetProperty("accepted").GetInt64());
        Assert.NotNull(result.GetProperty("nextPageToken").GetString());
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
    }

    [Theory]
    [InlineData("gzip", 400)]
    [InlineData("br", 415)]
    public async Task A_correction_in_an_encoding_that_it_has_not_is_refused(string encoding, int expected)
    {
        await using var host = await StartAsync(1);
        using var content = new ByteArrayContent([1, 2, 3, 4]);
        content.Headers.ContentEncoding.Add(encoding);

        using var response = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/dead-letters/{(await FirstAsync(host)).Id}/replay", content, CancellationToken);

        Assert.Equal(expected, (int)response.StatusCode);
    }

    private static async Task<ReplayDeadLettersResponse> ReplayAllAsync(IngestionHost host)
    {
        var total = new ReplayDeadLettersResponse();
        var request = new ReplayDeadLettersRequest { Source = Flights.Name, PageSize = 4 };
        do
        {
            var page = await host.Sources.ReplayDeadLettersAsync(request, cancellationToken: CancellationToken);
            total.Accepted += page.Accepted;
            total.Duplicates += page.Duplicates;
            total.StillInvalid += page.StillInvalid;
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return total;
    }

    // Dead letters with a delay that is too large.
    private async Task<IngestionHost> StartAsync(int deadLetters)
    {
        var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        var rows = Enumerable.Range(0, deadLetters).Select(row => new Event { Payload = ByteString.CopyFromUtf8(Flights.Row($"r{row}", Flights.NewYearMicros, 9_999)) });
        await host.IngestAsync(new IngestEventsRequest { Source = Flights.Name, OnInvalid = OnInvalid.DeadLetter, Events = { rows } });
        return host;
    }

    private static async Task<DeadLetter> FirstAsync(IngestionHost host) =>
        (await host.Sources.ListDeadLettersAsync(new ListDeadLettersRequest { Source = Flights.Name }, cancellationToken: CancellationToken)).DeadLetters[0];
}
