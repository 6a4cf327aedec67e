namespace CloudNativeAi.Monitoring.Champions;

internal static class ChampionRegistration
{
    public static void AddChampions(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ChampionStore>();
        builder.Services.AddHostedService<ChampionWorker>();
    }
}
