using System.Diagnostics;

namespace Aspire.Hosting.Processes;

/// <summary>A running process, leader of its own session, with its output read line by line.</summary>
internal sealed class ManagedProcess
{
    private static readonly TimeSpan OutputTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StragglerTimeout = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly PosixSignalNumber _stopSignal;

    public ManagedProcess(Process process, PosixSignalNumber stopSignal, Action<string, bool> writeLine, Action<int> ended)
    {
        _process = process;
        _stopSignal = stopSignal;
        Id = process.Id;
        var output = Task.WhenAll(
            LineReader.ReadAsync(process.StandardOutput, line => writeLine(line, false)),
            LineReader.ReadAsync(process.StandardError, line => writeLine(line, true)));
        Exited = WaitAsync(output, ended);
    }

    public int Id { get; }

    /// <summary>Exit code; 128 and the signal's number for a process that a signal has ended.</summary>
    public Task<int> Exited { get; }

    /// <summary>Asks the process to end, and ends it when it does not in time.</summary>
    public async Task StopAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!Exited.IsCompleted)
        {
            SignalAll(_stopSignal);
            try
            {
                await Exited.WaitAsync(timeout, cancellationToken);
            }
            catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
            {
                SignalAll(PosixSignalNumber.Kill);
            }
        }

        await Exited;
    }

    public void Kill() => SignalAll(PosixSignalNumber.Kill);

    private void SignalAll(PosixSignalNumber signal)
    {
        if (!Exited.IsCompleted && !Posix.SignalGroup(Id, signal))
        {
            Posix.Signal(Id, signal);
        }
    }

    private async Task<int> WaitAsync(Task output, Action<int> ended)
    {
        await _process.WaitForExitAsync();
        var exitCode = _process.ExitCode;
        await EndStragglersAsync();

        // A descendant in another session may hold the pipes open for longer than anybody wants to wait.
        await Task.WhenAny(output, Task.Delay(OutputTimeout));
        ended(Id);
        _process.Dispose();
        return exitCode;
    }

    // What the process has started and left behind in its group.
    private async Task EndStragglersAsync()
    {
        if (Posix.SignalGroup(Id, PosixSignalNumber.Terminate))
        {
            var waited = Stopwatch.StartNew();
            while (Posix.SignalGroup(Id, 0) && waited.Elapsed < StragglerTimeout)
            {
                await Task.Delay(50);
            }

            Posix.SignalGroup(Id, PosixSignalNumber.Kill);
        }
    }
}
