using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Benchmarks;

/// <summary>A service as it runs in production: built in Release, a process of its own, both endpoints.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly Process _process;

    private ServiceProcess(Process process, int httpPort, int grpcPort)
    {
        _process = process;
        Http = new Uri($"http://127.0.0.1:{httpPort}");
        Grpc = new Uri($"http://127.0.0.1:{grpcPort}");
    }

    public Uri Http { get; }

    public Uri Grpc { get; }

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Resident bytes.</summary>
    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <param name="project">Such as <c>Ingestion</c>; the Benchmarks project must refer to it, so that it is built.</param>
    /// <param name="environment">Such as <c>("ConnectionStrings__ingestion", "Host=...")</c>.</param>
    public static async Task<ServiceProcess> StartAsync(
        string project, IEnumerable<(string Name, string Value)> environment, CancellationToken cancellationToken, params string[] arguments)
    {
        var assembly = Path.Combine(Repository.Root, "artifacts", "bin", project, "release", $"CloudNativeAi.{project}.dll");
        var (httpPort, grpcPort) = (FreePort(), FreePort());
        var start = new ProcessStartInfo("dotnet", [assembly, .. arguments])
        {
            WorkingDirectory = Path.GetDirectoryName(assembly)!,
            Environment =
            {
                ["Kestrel__Endpoints__http__Url"] = $"http://127.0.0.1:{httpPort}",
                ["Kestrel__Endpoints__grpc__Url"] = $"http://127.0.0.1:{grpcPort}",
                ["Kestrel__Endpoints__grpc__Protocols"] = "Http2",
                ["Logging__LogLevel__Default"] = "Warning",
            },
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var service = new ServiceProcess(Process.Start(start)!, httpPort, grpcPort);
        try
        {
            await service.WaitUntilHealthyAsync(cancellationToken);
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task WaitUntilHealthyAsync(CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = Http };
        var started = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var response = await client.GetAsync(new Uri("/health", UriKind.Relative), cancellationToken);
                if (response.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException) when (!_process.HasExited && started.Elapsed < StartLimit)
            {
                // Not listening yet.
            }

            if (_process.HasExited || started.Elapsed > StartLimit)
            {
                throw new InvalidOperationException($"{_process.StartInfo.ArgumentList[0]} did not become healthy within {started.Elapsed.TotalSeconds:0} s.");
            }

            await Task.Delay(100, cancellationToken);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
