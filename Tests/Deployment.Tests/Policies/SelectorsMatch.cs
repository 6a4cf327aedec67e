using System.Text.Json.Nodes;
using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>Whatever selects pods selects some, and the right ones.</summary>
internal sealed class SelectorsMatch : PolicyRule
{
    public override IEnumerable<Mutation> Mutations =>
    [
        new("a workload that does not select its own pods", rendering => rendering.Get("Deployment", "web-deployment").Spec["selector"]!["matchLabels"]!["app.kubernetes.io/component"] = "api"),
        new("a service without pods", rendering => rendering.Get("Service", "web-service").Spec["selector"]!["app.kubernetes.io/instance"] = "other"),
        new("a service of all pods", rendering => rendering.Get("Service", "web-service").Spec["selector"]!.AsObject().Remove("app.kubernetes.io/component")),
        new("a disruption budget of nothing", rendering => rendering.Get("PodDisruptionBudget", "web-pdb").Spec["selector"]!["matchLabels"]!["app.kubernetes.io/component"] = "api"),
        new("a network policy of nothing", rendering => rendering.Get("NetworkPolicy", "web-network").Spec["podSelector"]!["matchLabels"]!["app.kubernetes.io/component"] = "api"),
        new("a spread over other pods", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!["topologySpreadConstraints"]![0]!["labelSelector"]!["matchLabels"]!["app.kubernetes.io/component"] = "api"),
    ];

    public override IEnumerable<string> Violations(Rendering rendering)
    {
        var pods = rendering.Pods.ToList();
        foreach (var document in rendering.Documents)
        {
            foreach (var (selector, single) in Selectors(document))
            {
                var components = pods.Where(pod => Json.Selects(selector, pod.Labels)).Select(pod => pod.Labels["app.kubernetes.io/component"]!.ToString()).Distinct().ToList();
                if (components.Count == 0 || (single && components.Count > 1))
                {
                    yield return $"{document}: selects {(components.Count == 0 ? "no pods" : string.Join(" and ", components))}";
                }
            }

            if (document.Kind is "Deployment" or "StatefulSet")
            {
                var template = PodTemplate.Of(document)!;
                var inside = Json.Items(template.Spec["topologySpreadConstraints"]).Select(constraint => constraint.At("labelSelector.matchLabels")).Append(document.Spec.At("selector.matchLabels"));
                foreach (var selector in inside.Where(selector => !Json.Selects(selector, template.Labels)))
                {
                    yield return $"{document}: does not select its own pods with {selector?.ToJsonString()}";
                }
            }
        }
    }

    private static IEnumerable<(JsonNode? Selector, bool IsSingle)> Selectors(ManifestDocument document) => document.Kind switch
    {
        "Service" when document.ApiVersion == "v1" => [(document.Spec["selector"], true)],
        "PodDisruptionBudget" => [(document.Spec.At("selector.matchLabels"), true)],
        "NetworkPolicy" => [(document.Spec.At("podSelector.matchLabels"), false)],
        _ => [],
    };
}
