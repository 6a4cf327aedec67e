using Aspire.Hosting.Kubernetes;
using Aspire.Hosting.Kubernetes.Resources;

namespace CloudNativeAi.AppHost.Kubernetes;

/// <summary>
/// The same pods once more, started by KServe or Knative on demand, for clients of the Open Inference Protocol outside of the application.
/// They are the same component to the network policies, but not to the service.
/// </summary>
internal static class Serverless
{
    private const string InstanceLabel = "app.kubernetes.io/instance";

    /// <summary>A KServe InferenceService when <c>kserve.enabled</c>.</summary>
    public static IResourceBuilder<ProjectResource> WithKServe(this IResourceBuilder<ProjectResource> service) =>
        service.PublishAsKubernetesService(kubernetes =>
        {
            kubernetes.AddWhen("kserve.enabled", "serving.kserve.io/v1beta1", "InferenceService", $"{service.Resource.Name}-kserve", new Map
            {
                ["predictor"] = new Map(PodSpec(kubernetes, "kserve-container", service.Resource))
                {
                    ["labels"] = Labels(kubernetes, "kserve"),
                    ["minReplicas"] = Value.Number("kserve.min", 1),
                    ["maxReplicas"] = Value.Number("kserve.max", 4),
                },
            });
            Network.AllowFromNamespace(
                kubernetes, "kserve.enabled", service.Resource.Name, $"{service.Resource.Name}-from-kserve", Value.Text("kserve.ingress_namespace", "istio-system"), "h2c");
        });

    /// <summary>A Knative Service, down to no pod at all, when <c>knative.enabled</c>.</summary>
    public static IResourceBuilder<ProjectResource> WithKnative(this IResourceBuilder<ProjectResource> service) =>
        service.PublishAsKubernetesService(kubernetes =>
        {
            kubernetes.AddWhen("knative.enabled", "serving.knative.dev/v1", "Service", $"{service.Resource.Name}-knative", new Map
            {
                ["template"] = new Map
                {
                    ["metadata"] = new Map
                    {
                        ["labels"] = Labels(kubernetes, "knative"),
                        ["annotations"] = new Map
                        {
                            ["autoscaling.knative.dev/min-scale"] = Value.Text("knative.min", "0"),
                            ["autoscaling.knative.dev/max-scale"] = Value.Text("knative.max", "4"),
                        },
                    },
                    ["spec"] = new Map(PodSpec(kubernetes, "inference", service.Resource)) { ["containerConcurrency"] = 64, ["timeoutSeconds"] = 60 },
                },
            });
            Network.AllowFromNamespace(
                kubernetes, "knative.enabled", service.Resource.Name, $"{service.Resource.Name}-from-knative", Value.Text("knative.namespace", "knative-serving"), "h2c");
        });

    private static Map Labels(KubernetesResource kubernetes, string variant)
    {
        var labels = new Map(kubernetes.Workload!.PodTemplate.Metadata.Labels);
        labels[InstanceLabel] = $"{{{{ .Release.Name }}}}-{variant}";
        return labels;
    }

    // Both take one port only, and no lifecycle handlers.
    private static Map PodSpec(KubernetesResource kubernetes, string containerName, IResource service)
    {
        var pod = kubernetes.Workload!.PodTemplate.Spec;
        var original = pod.Containers[0];
        var port = Pods.PortOf(service, "grpc") ?? 0;
        var container = new ContainerV1
        {
            Name = containerName,
            Image = original.Image,
            ImagePullPolicy = original.ImagePullPolicy,
            Ports = { new ContainerPortV1 { Name = "h2c", Protocol = "TCP", ContainerPort = port } },
            Resources = original.Resources,
            ReadinessProbe = Pods.GrpcReadiness(port),
            LivenessProbe = new ProbeV1 { TcpSocket = new TcpSocketActionV1 { Port = port }, PeriodSeconds = 10, TimeoutSeconds = 3, FailureThreshold = 3 },
            SecurityContext = Pods.Restricted(),
        };
        container.Env.AddRange(original.Env);
        container.EnvFrom.AddRange(original.EnvFrom);
        container.VolumeMounts.AddRange(original.VolumeMounts);

        return new Map
        {
            ["serviceAccountName"] = pod.ServiceAccountName!,
            ["automountServiceAccountToken"] = false,
            ["enableServiceLinks"] = false,
            ["containers"] = new[] { container },
            ["volumes"] = pod.Volumes,
        };
    }
}
