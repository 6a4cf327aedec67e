using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>Every serving container is asked whether it started, serves and lives; over gRPC where it serves gRPC.</summary>
internal sealed class ProbesSet : PolicyRule
{
    private static readonly string[] Probes = ["startupProbe", "readinessProbe", "livenessProbe"];

    public override IEnumerable<Mutation> Mutations =>
    [
        new("no readiness probe", rendering => rendering.Get("Deployment", "monitoring-deployment").Spec["template"]!["spec"]!["containers"]![0]!.AsObject().Remove("readinessProbe")),
        new("no liveness probe of a store", rendering => rendering.Get("StatefulSet", "postgres-statefulset").Spec["template"]!["spec"]!["containers"]![0]!.AsObject().Remove("livenessProbe")),
        new("a scheme in lower case", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!["containers"]![0]!["livenessProbe"]!["httpGet"]!["scheme"] = "http"),
        new("HTTP readiness of a gRPC service", rendering => rendering.Get("Deployment", "inference-deployment").Spec["template"]!["spec"]!["containers"]![0]!["readinessProbe"] =
            rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!["containers"]![0]!["readinessProbe"]!.DeepClone()),
    ];

    public override IEnumerable<string> Violations(Rendering rendering)
    {
        foreach (var pod in rendering.Pods.Where(pod => pod.Document.Kind is "Deployment" or "StatefulSet"))
        {
            foreach (var container in pod.Containers)
            {
                foreach (var probe in Probes.Where(probe => container[probe] is null))
                {
                    yield return $"{pod.Document}: no {probe}";
                }

                if (Probes.Any(probe => container[probe].Text("httpGet.scheme") is { } scheme && scheme is not ("HTTP" or "HTTPS")))
                {
                    yield return $"{pod.Document}: a probe's scheme is not in upper case";
                }

                if (Json.Items(container["ports"]).Any(port => port.Text("name") == "grpc") && container.At("readinessProbe.grpc") is null)
                {
                    yield return $"{pod.Document}: serves gRPC but is not asked over gRPC";
                }
            }
        }
    }
}
