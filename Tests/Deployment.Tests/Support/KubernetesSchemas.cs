using System.Collections.Concurrent;
using CloudNativeAi.TestSupport;
using NJsonSchema;

namespace CloudNativeAi.Deployment.Tests.Support;

/// <summary>The strict schemas beside the repository, one file a kind.</summary>
internal static class KubernetesSchemas
{
    private static readonly string Directory = Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", "k8s-schemas"));
    private static readonly ConcurrentDictionary<string, Lazy<Task<JsonSchema>>> Schemas = new();

    public static void Require() =>
        Assert.SkipUnless(System.IO.Directory.Exists(Directory), "The schemas '../shared/k8s-schemas' are not beside the repository.");

    /// <summary>What the schema of its kind says against a document.</summary>
    public static async Task<IReadOnlyList<string>> ErrorsAsync(ManifestDocument document)
    {
        var path = Path.Combine(Directory, document.ApiVersion.Replace('/', '_'), $"{document.Kind}.json");
        if (!File.Exists(path))
        {
            return [$"{document}: there is no schema of {document.ApiVersion}"];
        }

        var schema = await Schemas.GetOrAdd(path, _ => new(() => JsonSchema.FromFileAsync(path))).Value;
        return [.. schema.Validate(document.Node.ToJsonString()).Select(error => $"{document}: {error.Path} {error.Kind}")];
    }
}
