using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Training.Jobs;
using CloudNativeAi.Training.Telemetry;
using CloudNativeAi.Training.TrainingSets;

namespace CloudNativeAi.Training.Pipelines;

/// <summary>Gets the rows of a job: has the set made (or finds the one an earlier attempt had made), downloads and reads it.</summary>
internal sealed class TrainingData(TrainingSetFile files, WorkingDirectory workingDirectory, TrainingMetrics metrics)
{
    public async Task<TrainingTable> LoadAsync(JobContext context, CreateTrainingSetRequest request, CancellationToken cancellationToken)
    {
        var progress = JobStage.TrainingSet.Enter(context);

        // An attempt after a crash goes on with the same rows, even when events have come since.
        var known = context.Result.TrainingSetDigest is { Length: > 0 } digest ? await files.FindAsync(digest, cancellationToken) : null;
        var set = known ?? await files.CreateAsync(request, progress, cancellationToken);
        context.Result.TrainingSetDigest = set.Digest;
        if (set.Rows == 0)
        {
            throw new JobFailedException("The training set is empty: there is no labelled event in the range.");
        }

        using var folder = workingDirectory.CreateFolder();
        var path = Path.Combine(folder.Path, "training-set.parquet");
        await files.DownloadAsync(set, path, JobStage.Download.Enter(context), cancellationToken);
        JobStage.Encode.Enter(context);
        var table = await CpuBound.RunAsync(() => TrainingSetReader.Read(set, path, cancellationToken), cancellationToken);
        metrics.RecordRows(table.Rows);
        return table;
    }
}
