using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>At most one autoscaler a workload, which exists, with bounds that hold, and nobody else sets the number.</summary>
internal sealed class OneAutoscaler : PolicyRule
{
    public override IEnumerable<Mutation> Mutations =>
    [
        new("an autoscaler of nothing", rendering => rendering.Get("HorizontalPodAutoscaler", "inference-hpa").Spec["scaleTargetRef"]!["name"] = "inference"),
        new("more at least than at most", rendering => rendering.Get("HorizontalPodAutoscaler", "inference-hpa").Spec["minReplicas"] = 20),
        new("two that set the number", rendering => rendering.Get("Deployment", "inference-deployment").Spec["replicas"] = 3),
        new("two autoscalers", rendering =>
        {
            var second = new ManifestDocument(rendering.Get("HorizontalPodAutoscaler", "inference-hpa").Node.DeepClone().AsObject());
            second.Node["metadata"]!["name"] = "inference-hpa-2";
            rendering.Documents.Add(second);
        }),
        new("CPU alone", rendering => rendering.Get("HorizontalPodAutoscaler", "inference-hpa").Spec["metrics"]!.AsArray().RemoveAt(0)),
    ];

    public override IEnumerable<string> Violations(Rendering rendering)
    {
        var scalers = rendering.Documents.Where(document => document.Kind is "HorizontalPodAutoscaler" or "ScaledObject").ToList();
        foreach (var scaler in scalers)
        {
            var target = scaler.Spec.Text("scaleTargetRef.name");
            var deployment = rendering.Of("Deployment").FirstOrDefault(candidate => candidate.Name == target);
            if (deployment is null || deployment.Spec.ContainsKey("replicas") || scalers.Count(other => other.Spec.Text("scaleTargetRef.name") == target) > 1)
            {
                yield return $"{scaler}: scales {target}, which is not there, or somebody else does as well";
            }

            var minimum = int.Parse(scaler.Spec.Text("minReplicas") ?? scaler.Spec.Text("minReplicaCount")!, System.Globalization.CultureInfo.InvariantCulture);
            var maximum = int.Parse(scaler.Spec.Text("maxReplicas") ?? scaler.Spec.Text("maxReplicaCount")!, System.Globalization.CultureInfo.InvariantCulture);
            if (minimum < 1 || minimum > maximum)
            {
                yield return $"{scaler}: {minimum} to {maximum}";
            }

            if (scaler.Kind == "HorizontalPodAutoscaler" && !Json.Items(scaler.Spec["metrics"]).Select(metric => metric.Text("type")).SequenceEqual(["Pods", "Resource"]))
            {
                yield return $"{scaler}: not by requests in flight with CPU beside it";
            }
        }
    }
}
