using CloudNativeAi.Training.Telemetry;

namespace CloudNativeAi.Training.Jobs;

internal static class JobRegistration
{
    public static void AddJobs(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<JobOptions, JobOptionsValidator>().BindConfiguration(JobOptions.Section)
            .Validate(options => options.Heartbeat <= options.Lease / 3, "Jobs:Heartbeat must be at most a third of Jobs:Lease.");
        builder.Services.AddSingleton<TrainingMetrics>();
        builder.Services.AddSingleton<JobSignal>();
        builder.Services.AddSingleton<JobStore>();
        builder.Services.AddSingleton<JobQueue>();
        builder.Services.AddSingleton<JobRunner>();
        builder.Services.AddHostedService<JobWorker>();
    }

    public static void MapJobs(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<TrainingJobsGrpcService>();
        routes.MapJobEndpoints();
    }
}
