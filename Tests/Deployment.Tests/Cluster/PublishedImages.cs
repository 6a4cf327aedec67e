using CloudNativeAi.Deployment.Tests.Support;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Deployment.Tests.Cluster;

/// <summary>
/// The images of all services, built as a user builds them without a daemon, in a registry of this machine, on a base of Debian packages
/// and the .NET runtime.
/// </summary>
internal sealed class PublishedImages : IAsyncDisposable
{
    private static readonly string[] Projects =
    [
        "Services/Ingestion", "Services/FeatureStore", "Services/ModelRegistry", "Services/Training", "Services/Monitoring", "Services/Inference", "Web",
    ];

    private readonly ImageRegistry _registry;

    private PublishedImages(ImageRegistry registry) => _registry = registry;

    public static async Task<PublishedImages> PublishAsync(CancellationToken cancellationToken)
    {
        var registry = await ImageRegistry.StartAsync(cancellationToken);
        try
        {
            await RunAsync("env", "TLS_VERIFY=false", Path.Combine(Repository.Root, "deploy", "base-image.sh"), $"{registry.Address}/base:1");
            foreach (var project in Projects)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await RunAsync(
                    "dotnet", "publish", Path.Combine(Repository.Root, project, $"{Path.GetFileName(project)}.csproj"), "--no-build", "--nologo",
                    "--configuration", Configuration, "-t:PublishContainer", $"-p:ContainerBaseImage={registry.Address}/base:1", $"-p:ContainerRegistry={registry.Address}");
            }

            return new PublishedImages(registry);
        }
        catch
        {
            await registry.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the image says of itself.</summary>
    public async Task<string> ConfigurationAsync(string image) =>
        await RunAsync("skopeo", "inspect", "--config", "--tls-verify=false", $"docker://{_registry.Address}/{image}");

    /// <summary>Lays the image out as a bundle of the OCI runtime specification: <c>rootfs</c> and <c>config.json</c>.</summary>
    public async Task UnpackAsync(string image, string bundle)
    {
        var layout = $"{bundle}.oci";
        await PullAsync(image, layout);
        await RunAsync("umoci", "unpack", "--image", $"{layout}:image", bundle);
    }

    /// <summary>Copies the image into a folder, as an OCI layout.</summary>
    public async Task PullAsync(string image, string layout) =>
        await RunAsync("skopeo", "copy", "--quiet", "--src-tls-verify=false", $"docker://{_registry.Address}/{image}", $"oci:{layout}:image");

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    // As these tests were built: Release or Debug.
    private static string Configuration
    {
        get
        {
            var name = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Name;
            return char.ToUpperInvariant(name[0]) + name[1..];
        }
    }

    private static async Task<string> RunAsync(string program, params string[] arguments) => await Command.OutputAsync(program, arguments);
}
