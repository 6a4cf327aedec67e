namespace CloudNativeAi.Ingestion.UploadJobs;

internal static class UploadJobRegistration
{
    public static void AddUploadJobs(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<UploadJobOptions, UploadJobOptionsValidator>().BindConfiguration(UploadJobOptions.Section);
        builder.Services.AddSingleton<UploadJobStore>();
        builder.Services.AddSingleton<UploadJobRunner>();
        builder.Services.AddHostedService<UploadJobWorker>();
    }
}
