using Aspire.Hosting.Kubernetes.Resources;

namespace CloudNativeAi.AppHost.Kubernetes;

/// <summary>How many pods there are.</summary>
internal static class Scaling
{
    // ASP.NET Core's http.server.active_requests as the Prometheus exporter names it; prometheus-adapter makes it a metric of the pod.
    private const string RequestsInFlight = "http_server_active_requests";
    private const int TargetCpuPercent = 70;

    /// <summary>
    /// As many pods as keep the requests in flight of each near <paramref name="requestsPerPod"/>, and their CPU near 70 %; where the metric
    /// is missing, CPU alone adds pods. With <c>keda.enabled</c> KEDA does it from Prometheus instead.
    /// </summary>
    /// <param name="needsSharedStorage">More than one pod only where the storage can be mounted on several nodes.</param>
    public static IResourceBuilder<ProjectResource> WithAutoscaling(
        this IResourceBuilder<ProjectResource> service, int min, int max, int requestsPerPod, bool needsSharedStorage = false) =>
        service.PublishAsKubernetesService(kubernetes =>
        {
            var deployment = (Deployment)kubernetes.Workload!;
            var name = service.Resource.Name;
            var path = $"autoscaling.{Value.Key(name)}";
            var when = (needsSharedStorage ? "storage.shared," : "") + "autoscaling.enabled=true";
            var minimum = Value.Number($"{path}.min", min);
            var maximum = Value.Number($"{path}.max", max);
            var perPod = Value.Text($"{path}.requests_per_pod", $"{requestsPerPod}");
            deployment.Spec.Replicas = null; // The autoscaler owns the number; without one it is 1.

            kubernetes.AddWhen($"{when},!keda.enabled", "autoscaling/v2", "HorizontalPodAutoscaler", $"{name}-hpa", new Map
            {
                ["scaleTargetRef"] = new Map { ["apiVersion"] = "apps/v1", ["kind"] = "Deployment", ["name"] = deployment.Metadata.Name },
                ["minReplicas"] = minimum,
                ["maxReplicas"] = maximum,
                ["metrics"] = new object[]
                {
                    new Map
                    {
                        ["type"] = "Pods",
                        ["pods"] = new Map
                        {
                            ["metric"] = new Map { ["name"] = RequestsInFlight },
                            ["target"] = new Map { ["type"] = "AverageValue", ["averageValue"] = perPod },
                        },
                    },
                    new Map
                    {
                        ["type"] = "Resource",
                        ["resource"] = new Map
                        {
                            ["name"] = "cpu",
                            ["target"] = new Map { ["type"] = "Utilization", ["averageUtilization"] = TargetCpuPercent },
                        },
                    },
                },
                ["behavior"] = new Map
                {
                    ["scaleDown"] = new Map
                    {
                        ["stabilizationWindowSeconds"] = 300,
                        ["policies"] = new object[] { new Map { ["type"] = "Pods", ["value"] = 1, ["periodSeconds"] = 60 } },
                    },
                },
            });

            kubernetes.AddWhen($"{when},keda.enabled", "keda.sh/v1alpha1", "ScaledObject", $"{name}-scaledobject", new Map
            {
                ["scaleTargetRef"] = new Map { ["apiVersion"] = "apps/v1", ["kind"] = "Deployment", ["name"] = deployment.Metadata.Name },
                ["minReplicaCount"] = minimum,
                ["maxReplicaCount"] = maximum,
                ["triggers"] = new object[]
                {
                    new Map
                    {
                        ["type"] = "prometheus",
                        ["metadata"] = new Map
                        {
                            ["serverAddress"] = Value.Text("keda.prometheus", "http://prometheus-operated.monitoring.svc:9090"),
                            ["query"] = $"sum({RequestsInFlight}{{namespace='{{{{ .Release.Namespace }}}}',service='{kubernetes.Service!.Metadata.Name}'}})",
                            ["threshold"] = perPod,
                        },
                    },
                    new Map { ["type"] = "cpu", ["metricType"] = "Utilization", ["metadata"] = new Map { ["value"] = $"{TargetCpuPercent}" } },
                },
            });
        });

    /// <summary>Nodes are emptied one pod at a time.</summary>
    public static IResourceBuilder<T> WithDisruptionBudget<T>(this IResourceBuilder<T> resource)
        where T : IComputeResource => resource.PublishAsKubernetesService(kubernetes => kubernetes.Add(
            "policy/v1",
            "PodDisruptionBudget",
            $"{resource.Resource.Name}-pdb",
            new Map
            {
                ["maxUnavailable"] = 1,
                ["unhealthyPodEvictionPolicy"] = "AlwaysAllow",
                ["selector"] = new Map { ["matchLabels"] = new Map(kubernetes.Workload!.PodTemplate.Metadata.Labels) },
            }));
}
