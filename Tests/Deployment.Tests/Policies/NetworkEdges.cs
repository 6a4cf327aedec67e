using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>
/// Policies allow each edge of the graph and nothing else. The edges are read from the variables: whoever is told an address may go there.
/// Policies and graph are thus two derivations of one thing.
/// </summary>
internal sealed class NetworkEdges : PolicyRule
{
    public override IEnumerable<Mutation> Mutations =>
    [
        new("an edge that nothing needs", rendering => rendering.Get("NetworkPolicy", "ingestion-network").Spec["ingress"]![0]!["from"]!.AsArray()
            .Add(rendering.Get("NetworkPolicy", "inference-network").Spec["podSelector"] is { } selector ? new System.Text.Json.Nodes.JsonObject { ["podSelector"] = selector.DeepClone() } : null)),
        new("everybody", rendering => rendering.Get("NetworkPolicy", "postgres-network").Spec["ingress"]![0]!.AsObject().Remove("from")),
        new("a way in that is missing", rendering => rendering.Get("NetworkPolicy", "postgres-network").Spec["ingress"]!.AsArray().RemoveAt(0)),
        new("a way out that is missing", rendering => rendering.Get("NetworkPolicy", "inference-network").Spec["egress"]!.AsArray().RemoveAt(0)),
        new("another port", rendering => rendering.Get("NetworkPolicy", "online-store-network").Spec["ingress"]![0]!["ports"]![0]!["port"] = 6380),
        new("any port", rendering => rendering.Get("NetworkPolicy", "online-store-network").Spec["ingress"]![0]!.AsObject().Remove("ports")),
        new("no denial by default", rendering => rendering.Documents.Remove(rendering.Get("NetworkPolicy", "default-deny"))),
        new("a policy that is gone", rendering => rendering.Documents.Remove(rendering.Get("NetworkPolicy", "web-network"))),
        new("a policy for one direction only", rendering => rendering.Get("NetworkPolicy", "default-deny").Spec["policyTypes"]!.AsArray().RemoveAt(1)),
    ];

    public override IEnumerable<string> Violations(Rendering rendering)
    {
        var network = new AllowedTraffic(rendering);
        foreach (var pod in rendering.Pods.Where(pod => !network.IsIsolated(pod)))
        {
            yield return $"{pod.Document}: reachable, or reaching out, by default";
        }

        if (!rendering.Of("NetworkPolicy").Any(policy => IsDenial(policy) && rendering.Pods.All(pod => Json.Selects(policy.Spec.At("podSelector.matchLabels"), pod.Labels))))
        {
            yield return "no policy denies everything to all pods";
        }

        foreach (var policy in rendering.Of("NetworkPolicy").Where(policy => Rules(policy).Any(rule => rule["ports"] is null || (rule["from"] ?? rule["to"]) is null)))
        {
            yield return $"{policy}: a rule for every port, or for everybody";
        }

        var needed = Graph(rendering).ToHashSet();
        foreach (var edge in network.In.Union(network.Out).Except(needed))
        {
            yield return $"{edge.From} may reach {edge.To}:{edge.Port} as far as one end goes, and has no need to";
        }

        foreach (var edge in needed.Except(network.In.Intersect(network.Out)))
        {
            yield return $"{edge.From} cannot reach {edge.To}:{edge.Port}";
        }
    }

    private static bool IsDenial(ManifestDocument policy) => Json.Texts(policy.Spec["policyTypes"]).Count() == 2 && !Rules(policy).Any();

    private static IEnumerable<System.Text.Json.Nodes.JsonObject> Rules(ManifestDocument policy) => Json.Items(policy.Spec["ingress"]).Concat(Json.Items(policy.Spec["egress"]));

    private static IEnumerable<(string From, string To, string Port)> Graph(Rendering rendering)
    {
        var services = rendering.Of("Service").Where(service => service.ApiVersion == "v1").ToDictionary(service => service.Name, service => service.Component);
        var edges = ServiceAddresses.In(rendering).Where(edge => services.ContainsKey(edge.Service)).Select(edge => (edge.Document.Component, services[edge.Service], $"{edge.Port}"));
        var tested = services.Values.Where(component => rendering.Of("Deployment").Any(deployment => deployment.Component == component)).Select(component => ("test", component, "8080"));
        return edges.Concat(tested);
    }
}
