using System.Diagnostics;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Deployment.Tests.Support;

/// <summary>A registry of this machine with one image in it, <c>base:1</c>, which is empty.</summary>
internal sealed class ImageRegistry : IAsyncDisposable
{
    private static readonly string[] Programs = ["docker-registry", "skopeo", "umoci"];

    private readonly DirectoryInfo _directory;
    private readonly Process _process;

    private ImageRegistry(DirectoryInfo directory, Process process, int port)
    {
        _directory = directory;
        _process = process;
        Address = $"localhost:{port}";
    }

    public string Address { get; }

    /// <summary>Skips the test where one of the programs is missing.</summary>
    public static async Task<ImageRegistry> StartAsync(CancellationToken cancellationToken)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var missing = Programs.Where(program => !path.Any(folder => File.Exists(Path.Combine(folder, program)))).ToList();
        Assert.SkipWhen(missing.Count > 0, $"Not installed: {string.Join(", ", missing)}.");

        var directory = Directory.CreateTempSubdirectory("registry-");
        var port = PostgresServer.FreePort();
        var configuration = Path.Combine(directory.FullName, "config.yml");
        await File.WriteAllTextAsync(
            configuration,
            $"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {directory.FullName}/images}}}}\nhttp: {{addr: \"127.0.0.1:{port}\"}}\n",
            cancellationToken);
        var process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", configuration]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var registry = new ImageRegistry(directory, process, port);
        try
        {
            await registry.WaitAsync(cancellationToken);
            await registry.PushEmptyImageAsync();
            return registry;
        }
        catch
        {
            await registry.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the image says of itself.</summary>
    public async Task<string> ConfigurationAsync(string image) => await RunAsync("skopeo", "inspect", "--config", "--tls-verify=false", $"docker://{Address}/{image}");

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var (exitCode, output, error) = await Command.RunAsync(program, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)}: {error}");
        return output;
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (await timer.WaitForNextTickAsync(limit.Token))
        {
            try
            {
                using var response = await client.GetAsync($"http://{Address}/v2/", limit.Token);
                return;
            }
            catch (HttpRequestException)
            {
                Assert.False(_process.HasExited, "The registry ended.");
            }
        }
    }

    private async Task PushEmptyImageAsync()
    {
        var layout = Path.Combine(_directory.FullName, "layout");
        await RunAsync("umoci", "init", "--layout", layout);
        await RunAsync("umoci", "new", "--image", $"{layout}:1");
        await RunAsync("skopeo", "copy", "--dest-tls-verify=false", $"oci:{layout}:1", $"docker://{Address}/base:1");
    }
}
