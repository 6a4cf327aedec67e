using CloudNativeAi.ServiceDefaults.Grpc;
using MonitoringLog = CloudNativeAi.Contracts.Monitoring.PredictionLog;

namespace CloudNativeAi.Inference.PredictionLog;

internal static class PredictionLogRegistration
{
    public static void AddPredictionLog(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<PredictionLogOptions, PredictionLogOptionsValidator>().BindConfiguration(PredictionLogOptions.Section);
        builder.Services.AddServiceClient<MonitoringLog.PredictionLogClient>("monitoring");
        builder.Services.AddSingleton<PredictionSpool>();
        builder.Services.AddSingleton<RecentPredictions>();
        builder.Services.AddHostedService<PredictionShipperWorker>();
    }
}
