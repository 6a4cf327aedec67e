using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>Nothing is written but to volumes, and /tmp is one.</summary>
internal sealed class ReadOnlyRoot : PolicyRule
{
    public override IEnumerable<Mutation> Mutations =>
    [
        new("a root that can be written", rendering => rendering.Pods.First().Containers.First()["securityContext"]!["readOnlyRootFilesystem"] = false),
        new("no /tmp", rendering => rendering.Get("Deployment", "training-deployment").Spec["template"]!["spec"]!["containers"]![0]!.AsObject().Remove("volumeMounts")),
    ];

    public override IEnumerable<string> Violations(Rendering rendering) =>
        from pod in rendering.Pods
        from container in pod.AllContainers
        where !container["securityContext"].IsTrue("readOnlyRootFilesystem")
            || (pod.Document.Kind != "Pod" && Json.Items(container["volumeMounts"]).All(mount => mount.Text("mountPath") != "/tmp"))
        select $"{pod.Document}, container {container.Text("name")}: the root is not read-only, or there is no /tmp";
}
