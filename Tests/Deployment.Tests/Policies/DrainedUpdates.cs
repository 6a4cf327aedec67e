using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>An update never has fewer pods than asked; a pod that goes is first taken out of its service; pods are spread.</summary>
internal sealed class DrainedUpdates : PolicyRule
{
    public override IEnumerable<Mutation> Mutations =>
    [
        new("an update that takes a pod away first", rendering => rendering.Get("Deployment", "web-deployment").Spec["strategy"]!["rollingUpdate"]!["maxUnavailable"] = 1),
        new("no drain", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!["containers"]![0]!.AsObject().Remove("lifecycle")),
        new("a drain by a shell", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!["containers"]![0]!["lifecycle"]!["preStop"] =
            System.Text.Json.Nodes.JsonNode.Parse("""{ "exec": { "command": ["sleep", "10"] } }""")),
        new("killed while draining", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!["terminationGracePeriodSeconds"] = 10),
        new("all pods on one node", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!.AsObject().Remove("topologySpreadConstraints")),
    ];

    public override IEnumerable<string> Violations(Rendering rendering)
    {
        foreach (var deployment in rendering.Of("Deployment"))
        {
            var pod = PodTemplate.Of(deployment)!;
            if (deployment.Spec.Text("strategy.rollingUpdate.maxUnavailable") != "0" || deployment.Spec.Text("strategy.rollingUpdate.maxSurge") is null or "0")
            {
                yield return $"{deployment}: pods go before others come";
            }

            var drain = pod.Containers.Min(container => int.TryParse(container.Text("lifecycle.preStop.sleep.seconds"), out var seconds) ? seconds : 0);
            if (drain < 5 || !int.TryParse(pod.Spec.Text("terminationGracePeriodSeconds"), out var grace) || grace < drain + 20)
            {
                yield return $"{deployment}: {drain} s to drain, and not 20 s more to end";
            }

            if (!pod.Items("topologySpreadConstraints").Any(constraint => constraint.Text("topologyKey") == "kubernetes.io/hostname"))
            {
                yield return $"{deployment}: not spread over nodes";
            }
        }
    }
}
