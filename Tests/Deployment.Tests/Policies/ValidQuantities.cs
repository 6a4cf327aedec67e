using System.Text.Json.Nodes;
using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>Every quantity can be read.</summary>
internal sealed class ValidQuantities : PolicyRule
{
    public override IEnumerable<Mutation> Mutations =>
    [
        new("a unit that is none", rendering => rendering.Pods.First().Containers.First()["resources"]!["limits"]!["memory"] = "512MB"),
        new("a claim of no size", rendering => rendering.Get("PersistentVolumeClaim", "feature-store-data").Spec["resources"]!["requests"]!["storage"] = ""),
        new("a volume with a negative limit", rendering => rendering.Get("Deployment", "training-deployment").Spec["template"]!["spec"]!["volumes"]![0]!["emptyDir"]!["sizeLimit"] = "-1Gi"),
    ];

    public override IEnumerable<string> Violations(Rendering rendering) =>
        from document in rendering.Documents
        from quantity in Quantities(document.Node, "")
        where !Quantity.TryParse(quantity.Value, out _)
        select $"{document}: {quantity.Path} is '{quantity.Value}'";

    private static IEnumerable<(string Path, string Value)> Quantities(JsonNode? node, string path) => node switch
    {
        JsonObject mapping => mapping.SelectMany(pair => pair.Key is "requests" or "limits"
            ? Json.Pairs(pair.Value).Select(quantity => ($"{path}.{pair.Key}.{quantity.Key}", quantity.Value))
            : pair.Key is "sizeLimit" or "averageValue" ? [($"{path}.{pair.Key}", pair.Value!.ToString())]
            : Quantities(pair.Value, $"{path}.{pair.Key}")),
        JsonArray items => items.SelectMany((item, index) => Quantities(item, $"{path}[{index}]")),
        _ => [],
    };
}
