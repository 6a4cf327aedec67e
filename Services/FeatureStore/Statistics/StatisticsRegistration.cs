namespace CloudNativeAi.FeatureStore.Statistics;

internal static class StatisticsRegistration
{
    public static void AddStatistics(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<StatisticsOptions, StatisticsOptionsValidator>().BindConfiguration(StatisticsOptions.Section);
        builder.Services.AddSingleton<FeatureViewStatisticsQuery>();
    }
}
