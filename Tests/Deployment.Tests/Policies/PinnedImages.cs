using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>Every image has a tag that says something.</summary>
internal sealed class PinnedImages : PolicyRule
{
    public override IEnumerable<Mutation> Mutations =>
    [
        new("the tag latest", rendering => rendering.Pods.First().Containers.First()["image"] = "registry.example.com:5000/ingestion:latest"),
        new("no tag", rendering => rendering.Pods.First().Containers.First()["image"] = "registry.example.com:5000/ingestion"),
    ];

    public override IEnumerable<string> Violations(Rendering rendering) =>
        from pod in rendering.Pods
        from container in pod.AllContainers
        let image = container.Text("image") ?? ""
        let name = image[(image.LastIndexOf('/') + 1)..]
        where !image.Contains("@sha256:", StringComparison.Ordinal) && (!name.Contains(':', StringComparison.Ordinal) || name.EndsWith(":latest", StringComparison.Ordinal))
        select $"{pod.Document}: the image {image} is not pinned";
}
