using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace CloudNativeAi.TestSupport;

/// <summary>
/// A real PostgreSQL for one test assembly: a data directory of its own, a free port, gone when the assembly ends.
/// Use as <c>[assembly: AssemblyFixture(typeof(PostgresServer))]</c> and ask for a database per test class.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private readonly string _dataDirectory = Path.Combine(Path.GetTempPath(), $"cnai-pg-{Guid.NewGuid():N}");
    private string _binDirectory = "";
    private int _port;

    public async ValueTask InitializeAsync()
    {
        _binDirectory = FindBinDirectory();
        _port = FreePort();
        Directory.CreateDirectory(_dataDirectory);
        if (Environment.UserName == "root")
        {
            await RunAsync("chown", "65534:65534", _dataDirectory);
        }

        await RunServerToolAsync("initdb", "-D", _dataDirectory, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C");
        await RunServerToolAsync(
            "pg_ctl", "-D", _dataDirectory, "-w", "-t", "60", "-l", Path.Combine(_dataDirectory, "log"), "start", "-o",
            $"-p {_port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=200 -c shared_buffers=64MB");
    }

    /// <summary>Makes an empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(string? name = null)
    {
        name ??= $"test_{Guid.NewGuid():N}";
        await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"CREATE DATABASE \"{name}\"", connection);
        await command.ExecuteNonQueryAsync();
        return ConnectionString(name);
    }

    /// <summary>Ends the server as a power cut would end it, and starts it again.</summary>
    public async Task KillAndRestartAsync()
    {
        var pid = File.ReadLines(Path.Combine(_dataDirectory, "postmaster.pid")).First();
        await RunAsync("kill", "-9", pid);

        // The orphaned backends hold the shared memory until they notice; the server does not start before.
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await RunServerToolAsync(
                    "pg_ctl", "-D", _dataDirectory, "-w", "-t", "60", "-l", Path.Combine(_dataDirectory, "log"), "start", "-o",
                    $"-p {_port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=200 -c shared_buffers=64MB");
                return;
            }
            catch (InvalidOperationException) when (deadline.Elapsed < TimeSpan.FromSeconds(30))
            {
                await Task.Delay(100);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_binDirectory.Length > 0 && File.Exists(Path.Combine(_dataDirectory, "postmaster.pid")))
        {
            await RunServerToolAsync("pg_ctl", "-D", _dataDirectory, "-m", "immediate", "-w", "stop");
        }

        if (Directory.Exists(_dataDirectory))
        {
            Directory.Delete(_dataDirectory, recursive: true);
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={_port};Username=postgres;Database={database};Maximum Pool Size=40;Include Error Detail=true";

    private static string FindBinDirectory()
    {
        var candidates = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Concat(Directory.Exists("/usr/lib/postgresql")
                ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(directory => Path.Combine(directory, "bin"))
                : []);

        return candidates.FirstOrDefault(directory => File.Exists(Path.Combine(directory, "initdb")) && File.Exists(Path.Combine(directory, "pg_ctl")))
            ?? throw new InvalidOperationException("PostgreSQL (initdb, pg_ctl) is neither in PATH nor in /usr/lib/postgresql/*/bin. Install the package 'postgresql'.");
    }

    // PostgreSQL refuses to run as root: drop to nobody.
    private Task RunServerToolAsync(string tool, params string[] arguments)
    {
        var path = Path.Combine(_binDirectory, tool);
        return Environment.UserName == "root"
            ? RunAsync("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", path, .. arguments])
            : RunAsync(path, arguments);
    }

    private static async Task RunAsync(string command, params string[] arguments)
    {
        // Output is not redirected: the server would inherit the pipe and keep it open.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >/dev/null 2>&1 </dev/null", "sh", command, .. arguments])
        {
            WorkingDirectory = "/",
        };
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"'{command} {string.Join(' ', arguments)}' ended with {process.ExitCode}.");
        }
    }
}
