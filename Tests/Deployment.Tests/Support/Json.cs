using System.Text.Json.Nodes;

namespace CloudNativeAi.Deployment.Tests.Support;

internal static class Json
{
    public static IEnumerable<JsonObject> Items(JsonNode? array) => array is JsonArray items ? items.OfType<JsonObject>() : [];

    public static IEnumerable<string> Texts(JsonNode? array) => array is JsonArray items ? items.Select(item => item!.ToString()) : [];

    public static IEnumerable<(string Key, string Value)> Pairs(JsonNode? mapping) =>
        mapping is JsonObject pairs ? pairs.Select(pair => (pair.Key, pair.Value!.ToString())) : [];

    /// <summary>The node at <c>a.b.c</c>; null where a part is missing.</summary>
    public static JsonNode? At(this JsonNode? node, string path) =>
        path.Split('.').Aggregate(node, (current, name) => current is JsonObject mapping ? mapping[name] : null);

    public static string? Text(this JsonNode? node, string path) => node.At(path)?.ToString();

    public static bool IsTrue(this JsonNode? node, string path) => node.Text(path) == "true";

    /// <summary>Every label of the selector is there with that value.</summary>
    public static bool Selects(JsonNode? matchLabels, JsonNode? labels) =>
        Pairs(matchLabels).All(pair => labels is JsonObject mapping && mapping[pair.Key]?.ToString() == pair.Value);
}
