using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>Every container asks for CPU and memory and is limited in both.</summary>
internal sealed class ResourcesSet : PolicyRule
{
    public override IEnumerable<Mutation> Mutations =>
    [
        new("no memory limit", rendering => rendering.Get("Deployment", "inference-deployment").Spec["template"]!["spec"]!["containers"]![0]!["resources"]!["limits"]!.AsObject().Remove("memory")),
        new("no CPU request", rendering => rendering.Get("Deployment", "inference-deployment").Spec["template"]!["spec"]!["containers"]![0]!["resources"]!["requests"]!.AsObject().Remove("cpu")),
        new("an init container without resources", rendering => rendering.Get("Deployment", "training-deployment").Spec["template"]!["spec"]!["initContainers"]![1]!.AsObject().Remove("resources")),
    ];

    public override IEnumerable<string> Violations(Rendering rendering) =>
        from pod in rendering.Pods
        from container in pod.AllContainers
        from path in new[] { "requests.cpu", "requests.memory", "limits.cpu", "limits.memory" }
        where container["resources"].At(path) is null
        select $"{pod.Document}, container {container.Text("name")}: no {path}";
}
