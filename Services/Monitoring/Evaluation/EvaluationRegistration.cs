using CloudNativeAi.Monitoring.Drift;
using CloudNativeAi.Monitoring.Performance;

namespace CloudNativeAi.Monitoring.Evaluation;

internal static class EvaluationRegistration
{
    public static void AddEvaluation(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<EvaluationOptions, EvaluationOptionsValidator>().BindConfiguration(EvaluationOptions.Section);
        builder.Services.AddOptionsWithValidateOnStart<DriftOptions, DriftOptionsValidator>().BindConfiguration(DriftOptions.Section);
        builder.Services.AddOptionsWithValidateOnStart<PerformanceOptions, PerformanceOptionsValidator>().BindConfiguration(PerformanceOptions.Section);
        builder.Services.AddSingleton<PredictionFolder>();
        builder.Services.AddSingleton<LabelFolder>();
        builder.Services.AddSingleton<WindowCloser>();
        builder.Services.AddSingleton<DriftRound>();
        builder.Services.AddSingleton<PerformanceRound>();
        builder.Services.AddSingleton<Evaluator>();
        builder.Services.AddHostedService<EvaluationWorker>();
    }
}
