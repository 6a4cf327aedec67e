using System.Text;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.TestSupport;
using Grpc.Core;

namespace CloudNativeAi.Ingestion.Tests.UploadJobs;

/// <summary>Uploads and pulled inputs over gRPC.</summary>
public sealed class InputFunctionalTests(PostgresServer postgres)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Uploads_are_listed_newest_first_looked_up_and_cancelled()
    {
        await using var host = await StartAsync();
        var body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(1, 5).Select(number => Flights.Row(number) + "\n")));
        var done = await CreateAsync(host, "first", body.Length);
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/offset+octet-stream");
        content.Headers.Add("Upload-Offset", "0");
        using var patched = await host.Http.PatchAsync($"/v1/sources/{Flights.Name}/uploads/{done}", content, CancellationToken);
        patched.EnsureSuccessStatusCode();
        var open = await CreateAsync(host, "second", length: null);

        var page = await host.Inputs.ListUploadsAsync(new ListUploadsRequest { Source = Flights.Name, PageSize = 1 }, cancellationToken: CancellationToken);
        var rest = await host.Inputs.ListUploadsAsync(
            new ListUploadsRequest { Source = Flights.Name, PageToken = page.NextPageToken }, cancellationToken: CancellationToken);
        var cancelled = await host.Inputs.CancelUploadAsync(new CancelUploadRequest { Source = Flights.Name, Id = open }, cancellationToken: CancellationToken);
        var again = await host.Inputs.CancelUploadAsync(new CancelUploadRequest { Source = Flights.Name, Id = open }, cancellationToken: CancellationToken);
        var ended = await RefusedAsync(host.Inputs.CancelUploadAsync(new CancelUploadRequest { Source = Flights.Name, Id = done }, cancellationToken: CancellationToken));
        var found = await host.Inputs.GetUploadAsync(new GetUploadRequest { Source = Flights.Name, Id = done }, cancellationToken: CancellationToken);

        Assert.Equal((open, "second", UploadJobState.Receiving, false), (page.Uploads[0].Id, page.Uploads[0].Key, page.Uploads[0].State, page.Uploads[0].HasLength));
        Assert.Equal(done, Assert.Single(rest.Uploads).Id);
        Assert.Equal((UploadJobState.Cancelled, UploadJobState.Cancelled), (cancelled.State, again.State));
        Assert.Equal((StatusCode.FailedPrecondition, "The upload has ended already: Completed."), (ended.StatusCode, ended.Detail));
        Assert.Equal((UploadJobState.Completed, "ndjson", body.Length, body.Length, 5L, 5L), (found.State, found.Format, found.Length, found.Offset, found.Received, found.Accepted));
    }

    [Fact]
    public async Task What_is_not_there_is_said_so()
    {
        await using var host = await StartAsync();
        var id = Guid.NewGuid().ToString();

        var unknown = await RefusedAsync(host.Inputs.GetUploadAsync(new GetUploadRequest { Source = Flights.Name, Id = id }, cancellationToken: CancellationToken));
        var cancelled = await RefusedAsync(host.Inputs.CancelUploadAsync(new CancelUploadRequest { Source = Flights.Name, Id = "x" }, cancellationToken: CancellationToken));
        var source = await RefusedAsync(host.Inputs.ListUploadsAsync(new ListUploadsRequest { Source = "none" }, cancellationToken: CancellationToken));
        var token = await RefusedAsync(host.Inputs.ListUploadsAsync(new ListUploadsRequest { Source = Flights.Name, PageToken = id }, cancellationToken: CancellationToken));
        var size = await RefusedAsync(host.Inputs.ListUploadsAsync(new ListUploadsRequest { Source = Flights.Name, PageSize = 1_001 }, cancellationToken: CancellationToken));

        Assert.Equal((StatusCode.NotFound, StatusCode.NotFound, StatusCode.NotFound), (unknown.StatusCode, cancelled.StatusCode, source.StatusCode));
        Assert.Equal((StatusCode.InvalidArgument, StatusCode.InvalidArgument), (token.StatusCode, size.StatusCode));
    }

    [Fact]
    public async Task What_is_fetched_for_a_source_is_told_and_nothing_of_another()
    {
        await using var host = await StartAsync(
            "Pulls:Interval=1.00:00:00",
            $"Pulls:Directories:0:Source={Flights.Name}", "Pulls:Directories:0:Path=/no/such/folder", "Pulls:Directories:0:RequireManifest=true",
            "Pulls:Directories:1:Source=weather", "Pulls:Directories:1:Path=/no/such/other",
            $"Pulls:Tables:0:Source={Flights.Name}", "Pulls:Tables:0:ConnectionName=shop", "Pulls:Tables:0:Query=SELECT 1", "Pulls:Tables:0:WatermarkColumn=changed", "Pulls:Tables:0:KeyColumn=id");

        var pulls = await host.Inputs.GetPullsAsync(new GetPullsRequest { Source = Flights.Name }, cancellationToken: CancellationToken);

        Assert.Equal((86_400_000_000, "/no/such/folder", true), (pulls.IntervalMicros, Assert.Single(pulls.Directories).Path, pulls.Directories[0].RequireManifest));
        var table = Assert.Single(pulls.Tables);
        Assert.Equal(("shop", "changed", "id", 0L), (table.ConnectionName, table.WatermarkColumn, table.KeyColumn, table.Received));
    }

    private async Task<IngestionHost> StartAsync(params string[] settings)
    {
        var host = await IngestionHost.StartAsync(postgres, settings: settings);
        await host.DeclareAsync();
        return host;
    }

    private static async Task<string> CreateAsync(IngestionHost host, string key, long? length)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/sources/{Flights.Name}/uploads?format=ndjson");
        request.Headers.Add("Idempotency-Key", key);
        if (length is { } bytes)
        {
            request.Headers.Add("Upload-Length", bytes.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        using var response = await host.Http.SendAsync(request, CancellationToken);
        return response.EnsureSuccessStatusCode().Headers.Location!.ToString().Split('/')[^1];
    }

    private static async Task<Status> RefusedAsync<TResponse>(AsyncUnaryCall<TResponse> call) =>
        (await Assert.ThrowsAsync<RpcException>(async () => await call)).Status;
}
