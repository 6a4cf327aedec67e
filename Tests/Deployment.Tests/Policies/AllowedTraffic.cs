using System.Text.Json.Nodes;
using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>What the network policies of a rendering let pass between its pods, at either end.</summary>
internal sealed class AllowedTraffic
{
    private readonly List<JsonObject> _policies;

    public AllowedTraffic(Rendering rendering)
    {
        _policies = [.. rendering.Of("NetworkPolicy").Select(policy => policy.Spec)];
        In = Edges(rendering, (sender, receiver, port) => Allows(receiver, sender, port, "Ingress", "ingress", "from"));
        Out = Edges(rendering, (sender, receiver, port) => Allows(sender, receiver, port, "Egress", "egress", "to"));
    }

    /// <summary>What the receivers let in.</summary>
    public HashSet<(string From, string To, string Port)> In { get; }

    /// <summary>What the senders let out.</summary>
    public HashSet<(string From, string To, string Port)> Out { get; }

    private static HashSet<(string From, string To, string Port)> Edges(Rendering rendering, Func<PodTemplate, PodTemplate, JsonObject, bool> allows)
    {
        var pods = rendering.Pods.ToList();
        return [.. from sender in pods from receiver in pods
                   where Component(sender) != Component(receiver)
                   from port in receiver.Containers.SelectMany(container => Json.Items(container["ports"]))
                   where allows(sender, receiver, port)
                   select (Component(sender), Component(receiver), port.Text("containerPort")!)];
    }

    public bool IsIsolated(PodTemplate pod) => Of(pod, "Ingress").Any() && Of(pod, "Egress").Any();

    // Named ports are those of the pod that listens.
    private bool Allows(PodTemplate pod, PodTemplate peer, JsonObject port, string type, string rules, string peers)
    {
        var policies = Of(pod, type).ToList();
        return policies.Count == 0 || policies.SelectMany(policy => Json.Items(policy[rules])).Any(rule =>
            (rule[peers] is null || Json.Items(rule[peers]).Any(selector => Matches(selector, peer)))
            && (rule["ports"] is null || Json.Items(rule["ports"]).Any(allowed => allowed.Text("port") is null || allowed.Text("port") == port.Text("containerPort") || allowed.Text("port") == port.Text("name"))));
    }

    private IEnumerable<JsonObject> Of(PodTemplate pod, string type) =>
        _policies.Where(policy => Json.Texts(policy["policyTypes"]).Contains(type) && Json.Selects(policy.At("podSelector.matchLabels"), pod.Labels));

    // A peer in another namespace, or outside of the cluster, is none of these pods.
    private static bool Matches(JsonObject selector, PodTemplate pod) =>
        !selector.ContainsKey("namespaceSelector") && !selector.ContainsKey("ipBlock") && Json.Selects(selector.At("podSelector.matchLabels"), pod.Labels);

    private static string Component(PodTemplate pod) => pod.Labels["app.kubernetes.io/component"]!.ToString();
}
