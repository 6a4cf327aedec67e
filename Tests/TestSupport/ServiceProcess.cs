using System.Diagnostics;

namespace CloudNativeAi.TestSupport;

/// <summary>A service as it runs in production: a process of its own, both endpoints.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly ProcessStartInfo _start;
    private Process _process;

    private ServiceProcess(ProcessStartInfo start, int httpPort, int grpcPort)
    {
        _start = start;
        _process = Process.Start(start)!;
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

    /// <param name="project">Such as <c>Ingestion</c>; what starts it must refer to its project, so that it is built.</param>
    /// <param name="environment">Such as <c>("ConnectionStrings__ingestion", "Host=...")</c>.</param>
    public static async Task<ServiceProcess> StartAsync(
        string project, IEnumerable<(string Name, string Value)> environment, CancellationToken cancellationToken, params string[] arguments)
    {
        // Built as this process is: artifacts/bin/<project>/<configuration>.
        var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var assembly = Path.Combine(Repository.Root, "artifacts", "bin", project, configuration, $"CloudNativeAi.{project}.dll");
        var (httpPort, grpcPort) = (PostgresServer.FreePort(), PostgresServer.FreePort());
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

        var service = new ServiceProcess(start, httpPort, grpcPort);
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

    /// <summary>Ends it as <c>kill -9</c> does, and starts it again at the same ports.</summary>
    public async Task KillAndRestartAsync(CancellationToken cancellationToken)
    {
        await DisposeAsync();
        _process = Process.Start(_start)!;
        await WaitUntilHealthyAsync(cancellationToken);
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
                throw new InvalidOperationException($"{_start.ArgumentList[0]} did not become healthy within {started.Elapsed.TotalSeconds:0} s.");
            }

            await Task.Delay(100, cancellationToken);
        }
    }
}
