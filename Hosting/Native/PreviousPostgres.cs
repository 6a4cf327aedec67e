using System.Globalization;
using Aspire.Hosting.Processes;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Native;

/// <summary>
/// What an earlier run has left in a cluster's directory: a server that still runs there, or after a power cut only its
/// <c>postmaster.pid</c>. PostgreSQL takes any living process of that id, whatever it is by now, for its server.
/// </summary>
internal static class PreviousPostgres
{
    private const string ProgramName = "postgres";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Ends a server that a killed host has left, and removes a lock file that no server holds.</summary>
    public static async Task EndAsync(string cluster, ILogger logger, CancellationToken cancellationToken)
    {
        var lockFile = Path.Combine(cluster, "postmaster.pid");
        if (!Directory.Exists("/proc/self") || !File.Exists(lockFile))
        {
            return;
        }

        var server = int.TryParse(File.ReadLines(lockFile).FirstOrDefault(), CultureInfo.InvariantCulture, out var processId) ? processId : 0;
        var running = Running(cluster);
        if (running.Contains(server))
        {
            if (!IsOfHost(server))
            {
                throw StillRunning(server, cluster);
            }

            logger.LogWarning("Stopping process {ProcessId}, the server of an earlier run", server);
            Posix.Signal(server, PosixSignalNumber.Interrupt);
        }

        // Backends outlive a killed server for a moment, and hold its shared memory.
        for (var waited = TimeSpan.Zero; running.Count > 0 && waited < Timeout; waited += Interval)
        {
            await Task.Delay(Interval, cancellationToken);
            running = Running(cluster);
        }

        if (running.Count > 0)
        {
            throw StillRunning(running[0], cluster);
        }

        // Of a process that is gone PostgreSQL removes the file itself, after a look at the shared memory that it names.
        if (Posix.Exists(server))
        {
            File.Delete(lockFile);
        }
    }

    // A server and its backends have the cluster as their working directory.
    private static List<int> Running(string cluster)
    {
        // The kernel's name of the directory, with every link on the way resolved, as it is in the other processes' entries.
        using var version = File.OpenHandle(Path.Combine(cluster, "PG_VERSION"));
        var directory = Path.GetDirectoryName(new FileInfo($"/proc/self/fd/{version.DangerousGetHandle()}").LinkTarget);
        return
        [
            .. Directory.EnumerateDirectories("/proc")
                .Where(process => Path.GetFileName(process).All(char.IsAsciiDigit))
                .Where(process => Read(process, "comm")?.TrimEnd() == ProgramName && WorkingDirectory(process) == directory)
                .Select(process => int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture)),
        ];
    }

    private static DistributedApplicationException StillRunning(int processId, string cluster) =>
        new($"A PostgreSQL server (process {processId}) still runs in '{cluster}'. Stop it first: kill -INT {processId}.");

    // That host is gone: this one holds the lock of the data directory.
    private static bool IsOfHost(int processId) =>
        Read(FormattableString.Invariant($"/proc/{processId}"), "environ")?.Contains($"{Watchdog.MarkerVariable}=", StringComparison.Ordinal) == true;

    private static string? WorkingDirectory(string process)
    {
        try
        {
            return new FileInfo(Path.Combine(process, "cwd")).LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Read(string process, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another user's process, or one that has just ended.
            return null;
        }
    }
}
