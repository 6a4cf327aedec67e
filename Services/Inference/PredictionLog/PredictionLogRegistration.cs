using CloudNativeAi.ServiceDefaults.Grpc;

namespace CloudNativeAi.Inference.PredictionLog;

internal static class PredictionLogRegistration
{
    public static void AddPredictionLog(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<PredictionLogOptions, PredictionLogOptionsValidator>().BindConfiguration(PredictionLogOptions.Section);
        builder.Services.AddServiceClient<Contracts.Monitoring.PredictionLog.PredictionLogClient>("monitoring");
        builder.Services.AddSingleton<PredictionSpool>();
        builder.Services.AddHostedService(services => services.GetRequiredService<PredictionSpool>());
        builder.Services.AddHostedService<PredictionShipper>();
    }
}
