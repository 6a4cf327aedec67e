using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.DataDirectories;

namespace Aspire.Hosting.Processes;

/// <summary>
/// A small shell process that outlives the host, whatever ends the host, and then ends what the host has left running.
/// It waits at a pipe instead of asking the kernel for a signal at the parent's death: that signal follows the thread that started
/// the child, and does not reach grandchildren.
/// </summary>
internal sealed class Watchdog : IAsyncDisposable
{
    /// <summary>Variable that every process of this run carries.</summary>
    public const string MarkerVariable = "HOSTING_RUN_ID";

    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(10);

    private readonly Process _process;

    public Watchdog(DataDirectory data)
    {
        using var resource = typeof(Watchdog).Assembly.GetManifestResourceStream("Aspire.Hosting.Processes.watchdog.sh")
            ?? throw new InvalidOperationException("The watchdog script is missing from the assembly.");
        using var reader = new StreamReader(resource);

        var start = SessionStart.Create("/bin/sh", ["-c", reader.ReadToEnd(), "watchdog", Marker, data.IsEphemeral ? data.Path : ""]);
        start.WorkingDirectory = "/";
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;

        // A watchdog is nobody's child to be cleaned up: not even of a host that runs this host.
        start.Environment.Remove(MarkerVariable);
        _process = Process.Start(start)!;
        _process.StandardInput.AutoFlush = true;
    }

    public string Marker { get; } = Guid.NewGuid().ToString("N");

    public void Started(int processId) => Write('+', processId);

    public void Ended(int processId) => Write('-', processId);

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var timeout = new CancellationTokenSource(EndTimeout);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private void Write(char operation, int processId)
    {
        lock (_process)
        {
            try
            {
                _process.StandardInput.Write(string.Create(CultureInfo.InvariantCulture, $"{operation} {processId}\n"));
            }
            catch (IOException) when (_process.HasExited)
            {
                // Somebody ended the watchdog. The application goes on; only a kill -9 of the host would leave processes behind now.
            }
        }
    }
}
