using System.Text;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.TestSupport;
using Google.Protobuf;
using Grpc.Core;

namespace CloudNativeAi.Ingestion.Tests.Events;

public sealed class EventIngestionFunctionalTests(PostgresServer postgres)
{
    // Any { type_url, value = RetryInfo { retry_delay = Duration { seconds = 1 } } }, as protoc encodes it.
    private static readonly byte[] RetryInfoOfOneSecond = [0x0A, 0x28, .. "type.googleapis.com/google.rpc.RetryInfo"u8, 0x12, 0x04, 0x0A, 0x02, 0x08, 0x01];

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sending_a_batch_again_adds_nothing()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();

        var first = await host.IngestAsync(Flights.Batch(1, 1_000));
        var again = await host.IngestAsync(Flights.Batch(1, 1_000));
        var overlapping = await host.IngestAsync(Flights.Batch(501, 1_000));

        Assert.Equal((1_000, 0, 1_000), (first.Accepted, first.Duplicates, first.LastPosition));
        Assert.Equal((0, 1_000, 1_000), (again.Accepted, again.Duplicates, again.LastPosition));
        Assert.Equal((500, 500, 1_500), (overlapping.Accepted, overlapping.Duplicates, overlapping.LastPosition));
        Flights.AssertReconciled(await host.StatusAsync(), await host.ReadAllAsync());
    }

    [Fact]
    public async Task An_id_twice_in_a_batch_is_one_event_the_first()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        var request = new IngestEventsRequest { Source = Flights.Name };
        foreach (var (id, delay) in new[] { ("b", 1), ("a", 2), ("b", 3), ("c", 4), ("a", 5) })
        {
            request.Events.Add(new Event { Payload = ByteString.CopyFromUtf8(Flights.Row(id, Flights.NewYearMicros, delay)) });
        }

        var response = await host.IngestAsync(request);

        Assert.Equal((3, 2), (response.Accepted, response.Duplicates));
        var events = await host.ReadAllAsync();
        Assert.Equal(["b", "a", "c"], events.Select(e => e.Id));
        Assert.Equal(request.Events[1].Payload, events[1].Payload);
        Flights.AssertReconciled(await host.StatusAsync(), events);
    }

    [Fact]
    public async Task Concurrent_batches_with_the_same_ids_in_any_order_add_each_event_once()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        var random = new Random(7);
        var requests = Enumerable.Range(0, 24).Select(_ =>
        {
            var numbers = Enumerable.Range(0, 400).Select(_ => random.Next(2_000)).ToArray();
            return new IngestEventsRequest { Source = Flights.Name, Events = { numbers.Select(number => Flights.Event(number)) } };
        }).ToArray();

        var responses = await Task.WhenAll(requests.Select(host.IngestAsync));

        var distinct = requests.SelectMany(request => request.Events).Select(e => e.Payload).Distinct().Count();
        Assert.Equal(distinct, responses.Sum(response => response.Accepted));
        Assert.Equal(24 * 400, responses.Sum(response => response.Accepted + response.Duplicates));
        Flights.AssertReconciled(await host.StatusAsync(), await host.ReadAllAsync());
    }

    [Fact]
    public async Task One_bad_row_refuses_a_batch_and_nothing_of_it_is_written()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        var request = Flights.Batch(1, 10);
        request.Events[3].Payload = ByteString.CopyFromUtf8("""{"flight_id":"x","departed":"9999-01-01T00:00:00Z"}""");

        var refused = await Assert.ThrowsAsync<RpcException>(() => host.IngestAsync(request));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Contains("row 3, field 'departed'", refused.Status.Detail, StringComparison.Ordinal);
        var status = await host.StatusAsync();
        Assert.Equal((10, 10, 0), (status.Received, status.Refused, status.HeadPosition));
        Assert.Empty(await host.ReadAllAsync());
        Assert.Equal(10, (await host.IngestAsync(Flights.Batch(1, 10))).Accepted);
    }

    [Fact]
    public async Task Good_rows_are_kept_when_the_client_asks_for_it_and_a_retry_adds_no_dead_letter()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        var request = Flights.Batch(1, 10, OnInvalid.DeadLetter);
        request.Events[3].Payload = ByteString.CopyFromUtf8("""{"flight_id":"x","departed":"9999-01-01T00:00:00Z"}""");
        request.Events[7].Payload = ByteString.CopyFrom(0xFF, 0x00, 0x7B);

        var response = await host.IngestAsync(request);
        var again = await host.IngestAsync(request);

        Assert.Equal((8, 0, 2, 2), (response.Accepted, response.Duplicates, response.DeadLettered, response.InvalidTotal));
        Assert.Equal([3, 7], response.Invalid.Select(invalid => invalid.Row));
        Assert.Equal(("departed", "x"), (response.Invalid[0].Field, response.Invalid[0].EventId));
        Assert.Equal((0, 10, 0), (again.Accepted, again.Duplicates, again.DeadLettered));
        var deadLetters = await host.Sources.ListDeadLettersAsync(new ListDeadLettersRequest { Source = Flights.Name }, cancellationToken: CancellationToken);
        Assert.Equal([request.Events[3].Payload, request.Events[7].Payload], deadLetters.DeadLetters.OrderBy(letter => letter.Row).Select(letter => letter.Payload));
        Flights.AssertReconciled(await host.StatusAsync(), await host.ReadAllAsync());
    }

    [Fact]
    public async Task An_unknown_source_is_named()
    {
        await using var host = await IngestionHost.StartAsync(postgres);

        var refused = await Assert.ThrowsAsync<RpcException>(() => host.IngestAsync(Flights.Batch(1, 1, source: "arrivals")));

        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
        Assert.Contains("'arrivals'", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_of_too_many_events_is_refused()
    {
        await using var host = await IngestionHost.StartAsync(postgres, settings: "Ingestion:MaxBatchEvents=10");
        await host.DeclareAsync();

        var refused = await Assert.ThrowsAsync<RpcException>(() => host.IngestAsync(Flights.Batch(1, 11)));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    [Fact]
    public async Task A_message_beyond_the_limit_is_refused_before_it_is_read()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        var request = new IngestEventsRequest { Source = Flights.Name, Events = { new Event { Payload = ByteString.CopyFrom(new byte[100_000_000]) } } };

        var refused = await Assert.ThrowsAsync<RpcException>(() => host.IngestAsync(request));

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
    }

    [Fact]
    public async Task A_stream_answers_every_batch_in_order_and_goes_on_after_a_bad_one()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        using var call = host.Events.IngestEventStream(cancellationToken: CancellationToken);
        var bad = Flights.Batch(100, 3);
        bad.Events[1].Payload = ByteString.CopyFromUtf8("{}");

        foreach (var request in new[] { Flights.Batch(1, 5), bad, Flights.Batch(6, 5, source: "none"), Flights.Batch(6, 5), Flights.Batch(1, 5) })
        {
            await call.RequestStream.WriteAsync(request, CancellationToken);
        }

        await call.RequestStream.CompleteAsync();
        var responses = await call.ResponseStream.ReadAllAsync(CancellationToken).ToListAsync(CancellationToken);

        Assert.Equal([5, 0, 0, 5, 0], responses.Select(response => response.Accepted));
        Assert.Equal(
            [StatusCode.OK, StatusCode.InvalidArgument, StatusCode.NotFound, StatusCode.OK, StatusCode.OK], responses.Select(response => (StatusCode)response.ErrorCode));
        Assert.Equal(5, responses[4].Duplicates);
        Flights.AssertReconciled(await host.StatusAsync(), await host.ReadAllAsync());
    }

    [Fact]
    public async Task A_stream_says_which_batch_it_had_no_room_for_and_goes_on()
    {
        await using var host = await IngestionHost.StartAsync(postgres, settings: "Ingestion:MaxInFlightRequests=1");
        await host.DeclareAsync();
        using var call = host.Events.IngestEventStream(cancellationToken: CancellationToken);
        var share = host.Get<CloudNativeAi.Ingestion.Events.IngestionBudget>().TryTake(1)!;

        await call.RequestStream.WriteAsync(Flights.Batch(1, 5), CancellationToken);
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken));
        share.Dispose();

        Assert.Equal((StatusCode.ResourceExhausted, 1_000_000), ((StatusCode)call.ResponseStream.Current.ErrorCode, call.ResponseStream.Current.RetryAfterMicros));
        Assert.Equal(5, (await host.IngestAsync(Flights.Batch(1, 5))).Accepted);
    }

    [Fact]
    public async Task Overload_is_answered_at_once_and_says_when_to_come_back()
    {
        await using var host = await IngestionHost.StartAsync(postgres, settings: "Ingestion:MaxInFlightRequests=1");
        await host.DeclareAsync();
        using var share = host.Get<CloudNativeAi.Ingestion.Events.IngestionBudget>().TryTake(1);

        var refused = await Assert.ThrowsAsync<RpcException>(() => host.IngestAsync(Flights.Batch(1, 1)));
        using var upload = await host.Http.PostAsync(
            $"/v1/sources/{Flights.Name}/events", new StringContent(Flights.Row(1), Encoding.UTF8, "application/json"), CancellationToken);

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Equal("1000", refused.Trailers.GetValue("grpc-retry-pushback-ms"));
        Assert.Equal(RetryInfoOfOneSecond, refused.Trailers.GetValueBytes("grpc-status-details-bin")![^RetryInfoOfOneSecond.Length..]);
        Assert.Equal(System.Net.HttpStatusCode.TooManyRequests, upload.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), upload.Headers.RetryAfter?.Delta);

        share!.Dispose();
        Assert.Equal(1, (await host.IngestAsync(Flights.Batch(1, 1))).Accepted);
    }
}
