using CloudNativeAi.Contracts.Training;
using Grpc.Core;

namespace CloudNativeAi.Web.Tests.Fakes;

public sealed class FakeTraining(FlightsWorld world) : TrainingJobs.TrainingJobsBase
{
    public override Task<ListJobsResponse> ListJobs(ListJobsRequest request, ServerCallContext context)
    {
        var response = new ListJobsResponse();
        response.Jobs.AddRange(All());
        return Task.FromResult(response);
    }

    public override Task<Job> GetJob(GetJobRequest request, ServerCallContext context) =>
        Task.FromResult(All().FirstOrDefault(job => job.Id == request.Id)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"No job has the id '{request.Id}'.")));

    public override Task<Job> CancelJob(CancelJobRequest request, ServerCallContext context) => GetJob(new GetJobRequest { Id = request.Id }, context);

    private IEnumerable<Job> All()
    {
        yield return Job("0199f3b1-job-000009", JobState.Running, "fit", 0.45, TimeSpan.FromMinutes(2), null, "monitoring", "PSI of origin_weather:temp is 0.31 (drift from 0.2).");
        yield return Job("0199f3b1-job-00000a", JobState.Queued, "", 0, TimeSpan.FromMinutes(1), null, "jana", "Try a smaller learning rate.");

        var succeeded = Job("0199f3a0-job-000008", JobState.Succeeded, "", 1, TimeSpan.FromHours(5), TimeSpan.FromHours(4.9), "monitoring", "AUC fell below 0.70 for three windows.");
        succeeded.ModelName = FlightsWorld.Model;
        succeeded.ModelVersion = 8;
        succeeded.ModelDigest = "9c4f1e2ab07d55aa3b7765d0a1ce09b84d2f0c11e6a7b8c9d0e1f2a3b4c5d6e7";
        succeeded.TrainingSetDigest = "51aa0b7de6f09c2d7be18a4c35f6a7e8d9c0b1a2f3e4d5c6b7a8f9e0d1c2b3a4";
        succeeded.RunId = "b2f6d1";
        succeeded.Metrics.Add(new Dictionary<string, double> { ["auc"] = 0.7316, ["auc_low"] = 0.7241, ["auc_high"] = 0.7390, ["log_loss"] = 0.4211, ["baseline_auc"] = 0.7034, ["rows"] = 148_203, ["onnx_max_difference"] = 2.2e-16 });
        yield return succeeded;

        var failed = Job("01999f00-job-000007", JobState.Failed, "training set", 0.1, TimeSpan.FromDays(2), TimeSpan.FromDays(2) - TimeSpan.FromSeconds(12), "jana", "First try on August.");
        failed.Error = "The feature store has no label 'late_arival'; it knows late_arrival.";
        yield return failed;
    }

    private Job Job(string id, JobState state, string stage, double progress, TimeSpan createdAgo, TimeSpan? endedAgo, string by, string reason) => new()
    {
        Id = id,
        State = state,
        Stage = stage,
        Progress = progress,
        Attempt = state == JobState.Queued ? 0 : 1,
        CreatedMicros = world.Ago(createdAgo),
        StartedMicros = state == JobState.Queued ? 0 : world.Ago(createdAgo - TimeSpan.FromSeconds(3)),
        EndedMicros = endedAgo is { } ended ? world.Ago(ended) : 0,
        Request = new SubmitJobRequest
        {
            RequestedBy = by,
            Reason = reason,
            Train = new TrainSpec
            {
                ModelName = FlightsWorld.Model,
                FeatureService = "flight_delay",
                Label = "late_arrival",
                Trainer = "lightgbm",
                FromMicros = FlightsWorld.Replay(TimeSpan.FromDays(220)),
                ToMicros = FlightsWorld.Replay(TimeSpan.FromDays(14)),
                HyperParameters = { ["num_leaves"] = "31", ["learning_rate"] = "0.05" },
            },
        },
    };
}
