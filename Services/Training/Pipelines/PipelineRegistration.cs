using CloudNativeAi.Training.Jobs;

namespace CloudNativeAi.Training.Pipelines;

internal static class PipelineRegistration
{
    public static void AddPipelines(this IHostApplicationBuilder builder)
    {
        builder.Services.AddScoped<TrainingData>();
        builder.Services.AddScoped<TrainPipeline>();
        builder.Services.AddScoped<EvaluatePipeline>();
        builder.Services.AddScoped<IJobExecutor, JobExecutor>();
    }
}
