using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>No container asks for more than it may have; extended resources are the same in both.</summary>
internal sealed class RequestsWithinLimits : PolicyRule
{
    public override IEnumerable<Mutation> Mutations =>
    [
        new("more memory asked for than allowed", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!["containers"]![0]!["resources"]!["requests"]!["memory"] = "1Ti"),
        new("more CPU asked for than allowed", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!["containers"]![0]!["resources"]!["requests"]!["cpu"] = "1001m"),
        new("a GPU asked for that is not allowed", rendering => rendering.Get("Deployment", "inference-deployment").Spec["template"]!["spec"]!["containers"]![0]!["resources"]!["requests"]!["nvidia.com/gpu"] = 1),
    ];

    public override IEnumerable<string> Violations(Rendering rendering) =>
        from pod in rendering.Pods
        from container in pod.AllContainers
        from request in Json.Pairs(container.At("resources.requests"))
        let limit = container["resources"].At("limits")?[request.Key]?.ToString()
        where limit is not null && Quantity.TryParse(request.Value, out var asked) && Quantity.TryParse(limit, out var allowed)
            && (asked > allowed || (request.Key.Contains('/', StringComparison.Ordinal) && asked != allowed))
        select $"{pod.Document}, container {container.Text("name")}: {request.Key} {request.Value} of {limit}";
}
