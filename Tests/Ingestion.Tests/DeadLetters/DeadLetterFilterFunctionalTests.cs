using System.Net.Http.Json;
using System.Text.Json;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.TestSupport;
using Google.Protobuf;

namespace CloudNativeAi.Ingestion.Tests.DeadLetters;

/// <summary>Many dead letters at once: those of a reason, of a time.</summary>
public sealed class DeadLetterFilterFunctionalTests(PostgresServer postgres)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reason_is_found_in_any_case_and_all_pages_are_counted()
    {
        await using var host = await StartAsync();

        var late = await ListAsync(host, new ListDeadLettersRequest { Reason = "AND 3000", PageSize = 4 });
        var none = await ListAsync(host, new ListDeadLettersRequest { Reason = "100% of nothing" });

        Assert.All(late.DeadLetters, letter => Assert.Equal("delay", letter.Field));
        Assert.Equal((4, 6, "4"), (late.DeadLetters.Count, late.Matching, late.NextPageToken));
        Assert.Equal((0, 0), (none.DeadLetters.Count, none.Matching));
    }

    [Fact]
    public async Task The_time_of_receipt_is_a_half_open_range()
    {
        await using var host = await StartAsync();
        var letters = (await ListAsync(host, new ListDeadLettersRequest())).DeadLetters;
        var received = letters[0].CreatedTimestampMicros;
        var first = letters.Count(letter => letter.CreatedTimestampMicros == received);

        var until = await ListAsync(host, new ListDeadLettersRequest { ReceivedUntilMicros = received });
        var within = await ListAsync(host, new ListDeadLettersRequest { ReceivedFromMicros = received, ReceivedUntilMicros = received + 1 });
        var from = await ListAsync(host, new ListDeadLettersRequest { ReceivedFromMicros = received + 1 });

        Assert.Equal((0, first, letters.Count - first), ((int)until.Matching, (int)within.Matching, (int)from.Matching));
    }

    [Fact]
    public async Task Only_what_matches_is_given_up_page_by_page_and_counts_as_refused()
    {
        await using var host = await StartAsync();
        var request = new DiscardDeadLettersRequest { Source = Flights.Name, Reason = "3000", PageSize = 4 };

        var first = await host.Sources.DiscardDeadLettersAsync(request, cancellationToken: CancellationToken);
        request.PageToken = first.NextPageToken;
        var second = await host.Sources.DiscardDeadLettersAsync(request, cancellationToken: CancellationToken);
        request.PageToken = "";
        var again = await host.Sources.DiscardDeadLettersAsync(request, cancellationToken: CancellationToken);

        Assert.Equal((4, 2, 0), (first.Discarded, second.Discarded, again.Discarded));
        Assert.Equal(("4", "", ""), (first.NextPageToken, second.NextPageToken, again.NextPageToken));
        var status = await host.StatusAsync();
        Assert.Equal((2, 6), (status.DeadLetters, status.Refused));
        Flights.AssertReconciled(status, await host.ReadAllAsync());
    }

    [Fact]
    public async Task Only_what_matches_is_replayed()
    {
        await using var host = await StartAsync();
        var source = Flights.Source();
        source.Fields[3].Maximum = 100_000;
        source.Fields[4].Minimum = -10;
        await host.DeclareAsync(source);

        var replayed = await host.Sources.ReplayDeadLettersAsync(
            new ReplayDeadLettersRequest { Source = Flights.Name, Reason = "3000" }, cancellationToken: CancellationToken);

        Assert.Equal((6, 0), (replayed.Accepted, replayed.StillInvalid));
        Assert.All((await ListAsync(host, new ListDeadLettersRequest())).DeadLetters, letter => Assert.Equal("seats", letter.Field));
    }

    [Fact]
    public async Task Http_filters_and_gives_up_in_the_same_way()
    {
        await using var host = await StartAsync();

        var page = await host.Http.GetFromJsonAsync<JsonElement>($"/v1/sources/{Flights.Name}/dead-letters?reason=3000&received_from_micros=1", CancellationToken);
        using var response = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/dead-letters/discard?reason=3000&page_size=5", null, CancellationToken);

        Assert.Equal(6, page.GetProperty("deadLetters").GetArrayLength());
        var discarded = await response.Content.ReadFromJsonAsync<JsonElement>(CancellationToken);
        Assert.Equal((5, "5"), (discarded.GetProperty("discarded").GetInt32(), discarded.GetProperty("nextPageToken").GetString()));
    }

    private static async Task<ListDeadLettersResponse> ListAsync(IngestionHost host, ListDeadLettersRequest request)
    {
        request.Source = Flights.Name;
        return await host.Sources.ListDeadLettersAsync(request, cancellationToken: CancellationToken);
    }

    // Six with a delay that is too large, then two with too few seats.
    private async Task<IngestionHost> StartAsync()
    {
        var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        await SendAsync(host, Enumerable.Range(0, 6).Select(number => Flights.Row($"late{number}", Flights.NewYearMicros, 9_999)));
        await SendAsync(host, Enumerable.Range(0, 2).Select(number => $$"""{"flight_id":"small{{number}}","departed":1,"seats":-1}"""));
        return host;
    }

    private static async Task SendAsync(IngestionHost host, IEnumerable<string> rows) => await host.IngestAsync(new IngestEventsRequest
    {
        Source = Flights.Name,
        OnInvalid = OnInvalid.DeadLetter,
        Events = { rows.Select(row => new Event { Payload = ByteString.CopyFromUtf8(row) }) },
    });
}
