namespace CloudNativeAi.Monitoring.Alerts;

internal static class AlertRegistration
{
    public static void AddAlerts(this IHostApplicationBuilder builder) => builder.Services.AddSingleton<AlertStore>();
}
