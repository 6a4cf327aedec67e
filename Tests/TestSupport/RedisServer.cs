using System.Diagnostics;
using StackExchange.Redis;

namespace CloudNativeAi.TestSupport;

/// <summary>A real server of the Redis protocol (Garnet, the one that local mode uses) for one test assembly.</summary>
public sealed class RedisServer : IAsyncLifetime
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"cnai-garnet-{Guid.NewGuid():N}");
    private Process? _process;
    private int _port;

    public string ConnectionString => $"127.0.0.1:{_port},abortConnect=false,allowAdmin=true";

    /// <summary>A write is acknowledged when the server's log has it, as in local mode; else everything is gone with the process.</summary>
    public bool IsDurable { get; init; }

    public async ValueTask InitializeAsync()
    {
        _port = PostgresServer.FreePort();
        await StartAsync();
    }

    /// <summary>Ends the server at once and starts it again at the same port: empty, unless it is durable.</summary>
    public async Task KillAndRestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>Empties one database.</summary>
    public async Task FlushAsync(int database)
    {
        await using var multiplexer = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        await multiplexer.GetServers().Single().FlushDatabaseAsync(database);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    // Those of the AppHost's Redis.
    private string[] DurableArguments() =>
    [
        "--storage-tier", "--logdir", _directory, "--segment", "64m", "--device-type", "RandomAccess", "--checkpointdir", _directory,
        "--compaction-type", "Lookup", "--compaction-max-segments", "8", "--aof", "--aof-commit-wait", "--aof-memory", "64m",
        "--aof-segment-size", "64m", "--aof-size-limit", "256m", "--recover",
    ];

    private async Task StartAsync()
    {
        Directory.CreateDirectory(_directory);
        var start = new ProcessStartInfo("dotnet", [
            "tool", "run", "garnet-server", "--", "--bind", "127.0.0.1", "--port", $"{_port}", "--memory", "128m", "--index", "8m",
            "--lua", "--lua-transaction-mode", .. IsDurable ? DurableArguments() : []])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        var options = ConfigurationOptions.Parse(ConnectionString);
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            await using var multiplexer = await ConnectionMultiplexer.ConnectAsync(options);
            if (multiplexer.IsConnected)
            {
                return;
            }

            if (_process.HasExited || deadline.Elapsed > TimeSpan.FromSeconds(60))
            {
                throw new InvalidOperationException("garnet-server did not start. Run 'dotnet tool restore' in the repository root.");
            }

            await Task.Delay(100);
        }
    }

    private async Task StopAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        _process = null;
    }
}
