using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>Pods change when their variables do.</summary>
internal sealed class NewConfigurationRolls : PolicyRule
{
    public override IEnumerable<Mutation> Mutations =>
    [
        new("no checksum of a config map", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["metadata"]!["annotations"]!.AsObject().Remove("checksum/config")),
        new("no checksum of a secret", rendering => rendering.Get("StatefulSet", "postgres-statefulset").Spec["template"]!["metadata"]!["annotations"]!.AsObject().Remove("checksum/secrets")),
    ];

    public override IEnumerable<string> Violations(Rendering rendering) =>
        from workload in rendering.Workloads
        from source in PodTemplate.Of(workload)!.Containers.SelectMany(container => Json.Items(container["envFrom"]))
        let annotation = source.ContainsKey("secretRef") ? "checksum/secrets" : "checksum/config"
        where workload.Spec.At("template.metadata.annotations")?[annotation]?.ToString() is not { Length: 64 }
        select $"{workload}: no {annotation}";
}
