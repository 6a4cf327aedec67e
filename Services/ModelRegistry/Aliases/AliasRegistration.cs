namespace CloudNativeAi.ModelRegistry.Aliases;

internal static class AliasRegistration
{
    public static void AddAliases(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<AliasStore>();
        builder.Services.AddSingleton<TrafficPolicies>();
    }
}
