using System.Net;
using System.Text;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.TestSupport;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Ingestion.Tests.Uploads;

public sealed class CloudEventsFunctionalTests(PostgresServer postgres)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cloud_events_of_every_mode_are_events()
    {
        await using var host = await StartAsync();
        await host.DeclareAsync(new Source { Name = "clicks", Fields = { new SourceField { Name = "page", Type = ValueType.String } } });
        using var structured = new StringContent(
            """{"specversion":"1.0","id":"1","source":"/web","type":"click","time":"2014-01-01T00:00:00Z","data":{"page":"/a"}}""", Encoding.UTF8, "application/cloudevents+json");
        using var batch = new StringContent(
            """
            [{"specversion":"1.0","id":"1","source":"/app","type":"click","time":"2014-01-01T00:00:00Z","data_base64":"eyJwYWdlIjoiL2IifQ=="},
             {"specversion":"1.0","id":"1","source":"/web","type":"click","time":"2014-01-01T00:00:00Z","data":{"page":"/a"}},
             {"specversion":"0.3","id":"2","source":"/web","type":"click"}]
            """,
            Encoding.UTF8,
            "application/cloudevents-batch+json");
        using var binary = new HttpRequestMessage(HttpMethod.Post, "/v1/sources/clicks/events") { Content = new StringContent("""{"page":"/c"}""", Encoding.UTF8, "application/json") };
        foreach (var (name, value) in new[] { ("specversion", "1.0"), ("id", "3"), ("source", "/web"), ("type", "click"), ("time", "2014-01-01T00:00:00Z") })
        {
            binary.Headers.Add($"ce-{name}", value);
        }

        using var first = await host.Http.PostAsync("/v1/sources/clicks/events", structured, CancellationToken);
        using var second = await host.Http.PostAsync("/v1/sources/clicks/events?on_invalid=dead-letter", batch, CancellationToken);
        using var third = await host.Http.SendAsync(binary, CancellationToken);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, second.StatusCode, third.StatusCode));
        var events = await host.ReadAllAsync(source: "clicks");
        Assert.Equal(["/web#1", "/app#1", "/web#3"], events.Select(e => e.Id));
        Assert.Equal(["""{"page":"/a"}""", """{"page":"/b"}""", """{"page":"/c"}"""], events.Select(e => e.Payload.ToStringUtf8()));
        Assert.All(events, e => Assert.Equal(Flights.NewYearMicros, e.EventTimestampMicros));
        var status = await host.StatusAsync("clicks");
        Assert.Equal((5, 3, 1, 1), (status.Received, status.HeadPosition, status.Duplicates, status.DeadLetters));
    }

    [Fact]
    public async Task Attributes_of_a_binary_cloud_event_are_percent_decoded_and_its_data_is_json()
    {
        await using var host = await StartAsync();
        await host.DeclareAsync(new Source { Name = "clicks", Fields = { new SourceField { Name = "page", Type = ValueType.String } } });

        using var taken = await host.Http.SendAsync(Binary("application/vnd.shop+json"), CancellationToken);
        using var refused = await host.Http.SendAsync(Binary("text/csv"), CancellationToken);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.UnsupportedMediaType), (taken.StatusCode, refused.StatusCode));
        Assert.Equal("/web#é 1", Assert.Single(await host.ReadAllAsync(source: "clicks")).Id);

        static HttpRequestMessage Binary(string contentType)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/v1/sources/clicks/events") { Content = new StringContent("""{"page":"/c"}""", Encoding.UTF8, contentType) };
            foreach (var (name, value) in new[] { ("specversion", "1.0"), ("id", "%C3%A9%201"), ("source", "/web"), ("type", "click"), ("time", "2014-01-01T00:00:00Z") })
            {
                request.Headers.Add($"ce-{name}", value);
            }

            return request;
        }
    }

    private async Task<IngestionHost> StartAsync()
    {
        var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        return host;
    }
}
