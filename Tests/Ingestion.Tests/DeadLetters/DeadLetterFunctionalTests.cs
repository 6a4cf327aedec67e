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
