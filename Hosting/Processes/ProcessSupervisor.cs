using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using Aspire.Hosting.DataDirectories;

namespace Aspire.Hosting.Processes;

/// <summary>Starts the processes of one application and sees to it that none outlives it.</summary>
internal sealed class ProcessSupervisor(DataDirectory data) : IAsyncDisposable
{
    // Meant for the AppHost itself, and wrong for what it starts.
    private static readonly string[] NotInherited =
    [
        "ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "URLS", "HTTP_PORTS", "HTTPS_PORTS", "DOTNET_LAUNCH_PROFILE",
        "MSBUILDENSURESTDOUTFORTASKPROCESSES", "MSBUILDLOADMICROSOFTTARGETSREADONLY",
    ];

    private readonly ConcurrentDictionary<int, ManagedProcess> _processes = [];
    private readonly Lazy<Watchdog> _watchdog = new(() => new Watchdog(data));
    private readonly Lock _lock = new();
    private bool _isDisposed;

    public ManagedProcess Start(ProcessSpecification specification, Action<string, bool> writeLine)
    {
        var start = SessionStart.Create(Resolve(specification), specification.Arguments);
        start.WorkingDirectory = specification.WorkingDirectory;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        SetVariables(start, specification.Environment);

        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);

            Process process;
            try
            {
                process = Process.Start(start)!;
            }
            catch (Win32Exception exception)
            {
                throw new DistributedApplicationException($"Cannot start '{specification.FileName}': {exception.Message}.", exception);
            }

            process.StandardInput.Close();
            _watchdog.Value.Started(process.Id);
            var managed = new ManagedProcess(process, specification.StopSignal, writeLine, Ended);
            _processes[managed.Id] = managed;
            if (managed.Exited.IsCompleted)
            {
                _processes.TryRemove(managed.Id, out _);
            }

            return managed;
        }
    }

    /// <summary>Runs a program to its end and gives its output.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(ProcessSpecification specification, CancellationToken cancellationToken)
    {
        var lines = new ConcurrentQueue<string>();
        var process = Start(specification, (line, _) => lines.Enqueue(line));
        try
        {
            var exitCode = await process.Exited.WaitAsync(cancellationToken);
            return (exitCode, string.Join('\n', lines));
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    public void KillAll()
    {
        foreach (var process in _processes.Values)
        {
            process.Kill();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Nothing that is just being started may come after this.
        lock (_lock)
        {
            _isDisposed = true;
        }

        KillAll();
        await Task.WhenAll(_processes.Values.Select(process => process.Exited));
        if (_watchdog.IsValueCreated)
        {
            await _watchdog.Value.DisposeAsync();
        }
    }

    private void Ended(int processId)
    {
        _processes.TryRemove(processId, out _);
        _watchdog.Value.Ended(processId);
    }

    private void SetVariables(ProcessStartInfo start, IReadOnlyDictionary<string, string?> variables)
    {
        foreach (var name in NotInherited)
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in variables)
        {
            if (value is null)
            {
                start.Environment.Remove(name);
            }
            else
            {
                start.Environment[name] = value;
            }
        }

        start.Environment[Watchdog.MarkerVariable] = _watchdog.Value.Marker;
    }

    private static string Resolve(ProcessSpecification specification)
    {
        if (!Directory.Exists(specification.WorkingDirectory))
        {
            throw new DistributedApplicationException($"The working directory '{specification.WorkingDirectory}' does not exist.");
        }

        if (!specification.FileName.Contains('/', StringComparison.Ordinal))
        {
            return Programs.Find(specification.FileName)
                ?? throw new DistributedApplicationException($"The program '{specification.FileName}' is not in PATH.");
        }

        var path = Path.GetFullPath(specification.FileName, specification.WorkingDirectory);
        return Programs.IsExecutable(path) ? path : throw new DistributedApplicationException($"There is no program '{path}'.");
    }
}
