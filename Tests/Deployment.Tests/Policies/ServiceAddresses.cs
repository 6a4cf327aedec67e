using System.Globalization;
using System.Text.RegularExpressions;
using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>Every address of a service that a variable of another one holds: the graph as the pods see it.</summary>
internal static partial class ServiceAddresses
{
    public static IEnumerable<(ManifestDocument Document, string Service, int Port)> In(Rendering rendering) =>
        from document in rendering.Documents.Where(document => document.Kind is "ConfigMap" or "Secret")
        from variable in Json.Pairs(document.Node["data"]).Concat(Json.Pairs(document.Node["stringData"]))
        from Match match in Address().Matches(variable.Value)
        select (document, match.Groups["service"].Value, int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture));

    // http://web-service:8080, redis://:secret@cache-service:6379, Host=postgres-service;Port=5432
    [GeneratedRegex(@"(?<service>[a-z][a-z0-9-]*-service)(:|;Port=)(?<port>[0-9]+)")]
    private static partial Regex Address();
}
