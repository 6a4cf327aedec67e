using Aspire.Hosting.Kubernetes.Resources;

namespace CloudNativeAi.AppHost.Kubernetes;

/// <summary>How the platform watches a service.</summary>
internal static class Monitoring
{
    private const string Api = "monitoring.coreos.com/v1";

    /// <summary>Traces and metrics to a collector when <c>telemetry.endpoint</c> is given.</summary>
    public static IResourceBuilder<ProjectResource> WithTelemetry(this IResourceBuilder<ProjectResource> service) =>
        service.PublishAsKubernetesService(kubernetes =>
        {
            var container = kubernetes.Workload!.PodTemplate.Spec.Containers[0];
            container.Env.Add(new EnvVarV1 { Name = "OTEL_SERVICE_NAME", Value = service.Resource.Name });
            container.Env.Add(new EnvVarV1 { Name = "OTEL_EXPORTER_OTLP_ENDPOINT", Value = Value.Text("telemetry.endpoint", "") });
            // No diagnostic socket: nobody attaches to a pod.
            container.Env.Add(new EnvVarV1 { Name = "DOTNET_EnableDiagnostics", Value = "0" });
        });

    /// <summary>Scraped at /metrics, and alerts on errors, latency and absence: <c>monitoring.service_monitors</c>, <c>monitoring.rules</c>.</summary>
    /// <param name="latencySeconds">99 % of the requests must be answered within it.</param>
    /// <param name="own">What only this service can have go wrong.</param>
    public static IResourceBuilder<ProjectResource> WithMonitoring(
        this IResourceBuilder<ProjectResource> service, double latencySeconds, params OwnAlert[] own) =>
        service.PublishAsKubernetesService(kubernetes =>
        {
            var name = service.Resource.Name;
            var labels = kubernetes.Workload!.PodTemplate.Metadata.Labels;
            kubernetes.AddWhen("monitoring.service_monitors", Api, "ServiceMonitor", $"{name}-monitor", new Map
            {
                ["selector"] = new Map { ["matchLabels"] = new Map(labels) },
                ["endpoints"] = new[] { new Map { ["port"] = "http", ["path"] = "/metrics", ["interval"] = Value.Text("monitoring.interval", "15s") } },
            });

            var series = $"{{namespace='{{{{ .Release.Namespace }}}}',service='{kubernetes.Service!.Metadata.Name}'}}";
            var threshold = latencySeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            var errors = $"{series[..^1]},http_response_status_code=~'5..'}}";
            kubernetes.AddWhen("monitoring.rules", Api, "PrometheusRule", $"{name}-rules", new Map
            {
                ["groups"] = new[]
                {
                    new Map
                    {
                        ["name"] = name,
                        ["rules"] = (Map[])
                        [
                            Alert(name, "IsGone", "critical", "5m", $"absent(up{series} == 1)", "No pod answers the scraper."),
                            Alert(
                                name,
                                "Fails",
                                "critical",
                                "5m",
                                $"sum(rate(http_server_request_duration_seconds_count{errors}[5m])) / sum(rate(http_server_request_duration_seconds_count{series}[5m])) > 0.01",
                                "More than 1 % of the requests fail."),
                            Alert(
                                name,
                                "IsSlow",
                                "warning",
                                "10m",
                                $"histogram_quantile(0.99, sum by (le) (rate(http_server_request_duration_seconds_bucket{series}[5m]))) > {threshold}",
                                $"1 % of the requests take longer than {threshold} s."),
                            .. own.Select(alert => Alert(name, alert.What, alert.Severity, "0m", alert.Expression(series), alert.Summary)),
                        ],
                    },
                },
            });
        });

    private static Map Alert(string service, string what, string severity, string after, string expression, string summary) => new()
    {
        ["alert"] = string.Concat(service.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..])) + what,
        ["expr"] = expression,
        ["for"] = after,
        ["labels"] = new Map { ["severity"] = severity, ["service"] = service },
        ["annotations"] = new Map { ["summary"] = summary },
    };
}

/// <param name="What">Ending of the alert's name, which begins with the service's.</param>
/// <param name="Severity">"critical" or "warning".</param>
/// <param name="Expression">PromQL from the selector of the service's series, braces included.</param>
internal sealed record OwnAlert(string What, string Severity, Func<string, string> Expression, string Summary);
