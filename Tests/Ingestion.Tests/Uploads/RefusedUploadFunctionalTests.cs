using System.Net;
using CloudNativeAi.Ingestion.Tests.UploadJobs;
using CloudNativeAi.TestSupport;
using Npgsql;

namespace CloudNativeAi.Ingestion.Tests.Uploads;

public sealed class RefusedUploadFunctionalTests(PostgresServer postgres)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Upload_that_will_be_refused_holds_no_transaction_while_the_rest_of_its_body_comes()
    {
        await using var host = await IngestionHost.StartAsync(postgres, settings: "Ingestion:UploadBatchRows=2");
        await host.DeclareAsync();
        using var content = new StagedContent("application/x-ndjson");
        var answer = host.Http.PostAsync($"/v1/sources/{Flights.Name}/events", content, CancellationToken);

        // Two batches, in one transaction that waits for more.
        content.Send(string.Concat(Enumerable.Range(1, 5).Select(number => Flights.Row(number) + "\n")));
        await OpenTransactionsAsync(host, expected: 1);

        // Whatever follows the first bad row: not a whole batch of good ones.
        content.Send("{\"flight_id\":\"x\"}\n{\"flight_id\":\"y\"}\n");
        await OpenTransactionsAsync(host, expected: 0);

        content.Send(Flights.Row(6) + "\n");
        content.End();
        using var refused = await answer;
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        var status = await host.StatusAsync();
        Assert.Equal((8, 8, 0), (status.Received, status.Refused, status.HeadPosition));
        Assert.Empty(await host.ReadAllAsync());
    }

    private static async Task OpenTransactionsAsync(IngestionHost host, long expected)
    {
        await using var connection = new NpgsqlConnection(host.ConnectionString);
        await connection.OpenAsync(CancellationToken);
        await using var command = new NpgsqlCommand(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'", connection);
        var started = TimeProvider.System.GetTimestamp();
        while ((long)(await command.ExecuteScalarAsync(CancellationToken))! != expected)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Longest, $"There were not {expected} open transactions in time.");
            await Task.Delay(20, CancellationToken);
        }
    }
}
