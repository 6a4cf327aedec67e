using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Ingestion;

namespace CloudNativeAi.EndToEnd.Tests.FeaturePlane;

/// <summary>Feast's push through the real event log.</summary>
public sealed class PushTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_pushed_is_in_the_log_once_and_is_read_online_and_offline()
    {
        await using var plane = await FeaturePlaneProcesses.StartAsync(CancellationToken);
        await plane.Sources.PutSourceAsync(new PutSourceRequest { Source = Readings.Declaration }, cancellationToken: CancellationToken);
        await plane.Definitions.ApplyDefinitionsAsync(new ApplyDefinitionsRequest { Yaml = Readings.Yaml }, cancellationToken: CancellationToken);
        var readings = Enumerable.Range(0, 50).Select(number => new Reading(number, number, Readings.End - 60_000_000, number / 8.0)).ToArray();
        using var client = new HttpClient { BaseAddress = plane.FeatureStoreHttp };

        Assert.Equal(HttpStatusCode.OK, await PushAsync(client, readings));
        Assert.Equal(HttpStatusCode.OK, await PushAsync(client, readings));

        var expected = Readings.Expected(readings);
        var status = await plane.Sources.GetSourceAsync(new GetSourceRequest { Name = Readings.Source }, cancellationToken: CancellationToken);
        Assert.Equal((50, 50), (status.HeadPosition, status.Duplicates));
        var online = await plane.Retrieval.GetOnlineFeaturesAsync(Readings.OnlineRequest(), cancellationToken: CancellationToken);
        Readings.AssertSame(expected, online.Values());

        await plane.Materialization.WaitForPositionAsync(
            new WaitForPositionRequest { Source = Readings.Source, Position = 50 }, deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: CancellationToken);
        var offline = await plane.TrainingSets.GetHistoricalFeaturesAsync(Readings.OfflineRequest(), cancellationToken: CancellationToken);
        Readings.AssertSame(expected, offline.Values());
    }

    [Fact]
    public async Task A_push_that_Ingestion_refuses_writes_nothing_and_says_why()
    {
        await using var plane = await FeaturePlaneProcesses.StartAsync(CancellationToken);
        await plane.Sources.PutSourceAsync(new PutSourceRequest { Source = Readings.Declaration }, cancellationToken: CancellationToken);
        using var client = new HttpClient { BaseAddress = plane.FeatureStoreHttp };

        using var response = await client.PostAsJsonAsync(
            new Uri("/push", UriKind.Relative),
            JsonDocument.Parse("""{"push_source_name":"readings","df":{"sensor":["s1","s2"],"level":[1.5,"broken"],"number":[1,2],"event_timestamp":["2026-01-01","2026-01-01"]},"to":"online"}"""),
            CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("level", await response.Content.ReadAsStringAsync(CancellationToken), StringComparison.Ordinal);
        Assert.Equal(0, (await plane.Sources.GetSourceAsync(new GetSourceRequest { Name = Readings.Source }, cancellationToken: CancellationToken)).HeadPosition);
    }

    private static async Task<HttpStatusCode> PushAsync(HttpClient client, Reading[] readings)
    {
        var push = new
        {
            push_source_name = Readings.Source,
            df = new
            {
                sensor = readings.Select(reading => $"s{reading.Sensor}"),
                level = readings.Select(reading => reading.Level),
                number = readings.Select(reading => reading.Number),
                event_timestamp = readings.Select(reading => DateTimeOffset.UnixEpoch.AddMicroseconds(reading.EventTimestampMicros)),
            },
            to = "online",
        };
        using var response = await client.PostAsJsonAsync(new Uri("/push", UriKind.Relative), push, CancellationToken);
        return response.StatusCode;
    }
}
