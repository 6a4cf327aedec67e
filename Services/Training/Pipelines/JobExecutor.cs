using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Training.Jobs;

namespace CloudNativeAi.Training.Pipelines;

internal sealed class JobExecutor(TrainPipeline train, EvaluatePipeline evaluate) : IJobExecutor
{
    public Task ExecuteAsync(JobContext context, CancellationToken cancellationToken) => context.Job.Request.SpecCase switch
    {
        SubmitJobRequest.SpecOneofCase.Train => train.RunAsync(context, context.Job.Request.Train, cancellationToken),
        SubmitJobRequest.SpecOneofCase.Evaluate => evaluate.RunAsync(context, context.Job.Request.Evaluate, cancellationToken),
        _ => throw new JobFailedException("The job says neither 'train' nor 'evaluate'."),
    };
}
