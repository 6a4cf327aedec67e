using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>No pod can talk to the API server: each has an account of its own, and none gets its token.</summary>
internal sealed class NoTokens : PolicyRule
{
    public override IEnumerable<Mutation> Mutations =>
    [
        new("a pod with a token", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!["automountServiceAccountToken"] = true),
        new("an account that gives tokens", rendering => rendering.Get("ServiceAccount", "web").Node.Remove("automountServiceAccountToken")),
        new("the default account", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!.AsObject().Remove("serviceAccountName")),
    ];

    public override IEnumerable<string> Violations(Rendering rendering) =>
        rendering.Pods.Where(pod => pod.Spec.Text("automountServiceAccountToken") != "false" || (pod.Document.Kind != "Pod" && pod.Spec["serviceAccountName"] is null)).Select(pod => $"{pod.Document}: a token")
            .Concat(rendering.Of("ServiceAccount").Where(account => account.Node.Text("automountServiceAccountToken") != "false").Select(account => $"{account}: gives tokens"));
}
