using CloudNativeAi.Training.Jobs;

namespace CloudNativeAi.Training.Pipelines;

/// <summary>The stages of a job and the share of the whole at which each begins; shares are what they take on a few hundred thousand rows.</summary>
internal sealed record JobStage(string Name, double From, double To)
{
    public static readonly JobStage TrainingSet = new("training set", 0, 0.3);
    public static readonly JobStage Download = new("download", 0.3, 0.35);
    public static readonly JobStage Encode = new("encode", 0.35, 0.42);
    public static readonly JobStage Baseline = new("baseline", 0.42, 0.5);
    public static readonly JobStage Train = new("train", 0.5, 0.9);
    public static readonly JobStage Evaluate = new("evaluate", 0.9, 0.95);
    public static readonly JobStage Register = new("register", 0.95, 0.98);
    public static readonly JobStage Promote = new("promote", 0.98, 1);

    /// <summary>Enters the stage; the result takes the share of the stage that is done, 0 to 1.</summary>
    public Action<double> Enter(JobContext context)
    {
        context.Report(Name, From);
        return share => context.Report(Name, From + ((To - From) * Math.Clamp(share, 0, 1)));
    }
}
