using CloudNativeAi.Contracts.Ingestion;
using Grpc.Core;

namespace CloudNativeAi.Web.Tests.Fakes;

public sealed class FakeInputs(FlightsWorld world) : Inputs.InputsBase
{
    public const string Open = "0199f3c1-0000-7000-8000-000000000001";
    public const string Ended = "0199f3c1-0000-7000-8000-000000000002";

    public override Task<ListUploadsResponse> ListUploads(ListUploadsRequest request, ServerCallContext context) =>
        Task.FromResult(new ListUploadsResponse { Uploads = { All(request.Source) } });

    public override Task<UploadStatus> GetUpload(GetUploadRequest request, ServerCallContext context) =>
        Task.FromResult(All(request.Source).FirstOrDefault(upload => upload.Id == request.Id)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"Source '{request.Source}' has no upload {request.Id}.")));

    public override async Task<UploadStatus> CancelUpload(CancelUploadRequest request, ServerCallContext context)
    {
        var upload = await GetUpload(new GetUploadRequest { Source = request.Source, Id = request.Id }, context);
        if (upload.State != UploadJobState.Receiving)
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, $"The upload has ended already: {upload.State}."));
        }

        world.UploadStates[request.Id] = UploadJobState.Cancelled;
        return await GetUpload(new GetUploadRequest { Source = request.Source, Id = request.Id }, context);
    }

    public override Task<PullStatus> GetPulls(GetPullsRequest request, ServerCallContext context)
    {
        var pulls = new PullStatus { IntervalMicros = 5_000_000 };
        if (request.Source == "departures")
        {
            pulls.Directories.Add(new WatchedDirectory { Path = "/data/inbox/departures", RequireManifest = true });
            pulls.Tables.Add(new PulledTable
            {
                ConnectionName = "operations", WatermarkColumn = "changed_at", KeyColumn = "flight_id", Watermark = "2013-08-14 16:58:11.4+00", Key = "AS-1204", Received = 4_310,
                Accepted = 4_290, Duplicates = 17, DeadLettered = 3, Fault = "28P01: password authentication failed for user \"reader\"", UpdatedTimestampMicros = world.Ago(TimeSpan.FromMinutes(26)),
            });
        }

        return Task.FromResult(pulls);
    }

    private IEnumerable<UploadStatus> All(string source)
    {
        if (source != "departures")
        {
            yield break;
        }

        var open = Upload(Open, "history-2012", "csv", world.UploadStates.GetValueOrDefault(Open), 4, 12_582_912, 181_440, 181_200, 0, 240);
        open.Length = 41_943_040;
        yield return open;
        yield return Upload(Ended, "file:departures-2013-07.parquet:51aa0b7de6f09c2d7be18a4c35f6a7e8d9c0b1a2f3e4d5c6b7a8f9e0d1c2b3a4", "parquet", UploadJobState.Completed, 190, 61_322, 61_322, 61_001, 321, 0);
        var failed = Upload("0199f3c1-0000-7000-8000-000000000003", "nightly", "ndjson", UploadJobState.Failed, 1_700, 8_192, 41, 41, 0, 0);
        failed.Fault = "nothing came for too long";
        yield return failed;
    }

    private UploadStatus Upload(string id, string key, string format, UploadJobState state, int minutesAgo, long offset, long received, long accepted, long duplicates, long deadLettered) => new()
    {
        Id = id, Source = "departures", Key = key, Format = format, State = state, Offset = offset, Received = received, Accepted = accepted, Duplicates = duplicates, DeadLettered = deadLettered,
        CreatedTimestampMicros = world.Ago(TimeSpan.FromMinutes(minutesAgo)), UpdatedTimestampMicros = world.Ago(TimeSpan.FromMinutes(minutesAgo / 2.0)),
    };
}
