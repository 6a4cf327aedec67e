using CloudNativeAi.Contracts.Training;
using CloudNativeAi.ServiceDefaults.Grpc;

namespace CloudNativeAi.Monitoring.Retraining;

internal static class RetrainingRegistration
{
    public static void AddRetraining(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<RetrainingOptions, RetrainingOptionsValidator>().BindConfiguration(RetrainingOptions.Section);
        builder.Services.AddServiceClient<TrainingJobs.TrainingJobsClient>("training");
        builder.Services.AddSingleton<RetrainPolicies>();
        builder.Services.AddSingleton<RetrainRequests>();
        builder.Services.AddSingleton<RetrainDecision>();
        builder.Services.AddSingleton<RetrainSender>();
        builder.Services.AddHostedService<RetrainWorker>();
    }

    public static void MapRetraining(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<RetrainingGrpcService>();
        routes.MapRetrainPolicyEndpoints();
    }
}
