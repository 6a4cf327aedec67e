using System.Diagnostics;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Deployment.Tests.Cluster;

/// <summary>An empty registry of this machine.</summary>
internal sealed class ImageRegistry : IAsyncDisposable
{
    private readonly DirectoryInfo _directory;
    private readonly Process _process;

    private ImageRegistry(DirectoryInfo directory, Process process, int port)
    {
        _directory = directory;
        _process = process;
        Address = $"localhost:{port}";
    }

    public string Address { get; }

    public static async Task<ImageRegistry> StartAsync(CancellationToken cancellationToken)
    {
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
            return registry;
        }
        catch
        {
            await registry.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _directory.Delete(recursive: true);
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
}
