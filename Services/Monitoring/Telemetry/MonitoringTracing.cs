using System.Diagnostics;

namespace CloudNativeAi.Monitoring.Telemetry;

internal static class MonitoringTracing
{
    public static readonly ActivitySource Source = new(MonitoringMetrics.MeterName);
}
