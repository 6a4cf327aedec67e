using System.Text.Json.Nodes;
using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>OpenShift's restricted-v2: user and groups come from the namespace's range.</summary>
internal sealed class OpenShiftAssignsUsers : PolicyRule
{
    private static readonly string[] Assigned = ["runAsUser", "runAsGroup", "fsGroup", "supplementalGroups"];

    public override string Variant => "openshift";

    public override IEnumerable<Mutation> Mutations =>
    [
        new("a fixed user", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!["securityContext"]!["runAsUser"] = 1654),
        new("a fixed group of volumes", rendering => rendering.Get("StatefulSet", "postgres-statefulset").Spec["template"]!["spec"]!["securityContext"]!["fsGroup"] = 999),
    ];

    public override IEnumerable<string> Violations(Rendering rendering) => rendering.Variant != Variant ? [] :
        from pod in rendering.Pods
        from context in pod.AllContainers.Select(container => container["securityContext"]).Append(pod.Spec["securityContext"]).OfType<JsonObject>()
        from member in Assigned
        where context.ContainsKey(member)
        select $"{pod.Document}: {member} is fixed";
}
