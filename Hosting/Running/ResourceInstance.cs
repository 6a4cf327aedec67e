using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Processes;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>
/// One process of a resource over its life: waits for what it needs, starts, is watched, is started again with back-off when it
/// ends by itself with an error, is stopped.
/// </summary>
internal sealed class ResourceInstance(InstanceServices services, IResource resource, string id, int index) : IDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(25);

    private readonly SemaphoreSlim _commands = new(1, 1);
    private readonly ILogger _logger = services.Loggers.GetLogger(id);
    private CancellationTokenSource? _stop;
    private Task _life = Task.CompletedTask;
    private string _stateAfterStop = KnownResourceStates.Exited;
    private volatile ManagedProcess? _process;

    public IResource Resource => resource;

    public string Id => id;

    /// <summary>Null while there is no process.</summary>
    public int? ProcessId => _process?.Id;

    public void Start()
    {
        if (_life.IsCompleted)
        {
            _stop?.Dispose();
            _stop = new CancellationTokenSource();
            var token = _stop.Token;
            _life = Task.Run(() => LiveAsync(token), CancellationToken.None);
        }
    }

    public Task StartCommandAsync(CancellationToken cancellationToken) => OneAtATimeAsync(
        () =>
        {
            Start();
            return Task.CompletedTask;
        },
        cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => OneAtATimeAsync(
        () => EndAsync(KnownResourceStates.Exited, cancellationToken), cancellationToken);

    /// <summary>Those who wait for the resource go on waiting: it has not ended.</summary>
    public Task RestartAsync(CancellationToken cancellationToken) => OneAtATimeAsync(
        async () =>
        {
            await EndAsync(KnownResourceStates.Restarting, cancellationToken);
            Start();
        },
        cancellationToken);

    /// <summary>Without waiting for the process, which the supervisor ends.</summary>
    public void Dispose()
    {
        _stop?.Cancel();
        _stop?.Dispose();
        _commands.Dispose();
    }

    private async Task OneAtATimeAsync(Func<Task> command, CancellationToken cancellationToken)
    {
        await _commands.WaitAsync(cancellationToken);
        try
        {
            await command();
        }
        finally
        {
            _commands.Release();
        }
    }

    private async Task EndAsync(string stateAfter, CancellationToken cancellationToken)
    {
        if (_stop is not null && !_life.IsCompleted)
        {
            _stateAfterStop = stateAfter;
            await _stop.CancelAsync();
            await _life.WaitAsync(cancellationToken);
        }
    }

    private async Task LiveAsync(CancellationToken stop)
    {
        using var scope = ReplicaScope.Enter(index);
        try
        {
            await services.Eventing.PublishAsync(new BeforeResourceStartedEvent(resource, services.Provider), stop);
            if (resource.HasAnnotationOfType<WaitAnnotation>())
            {
                Publish(KnownResourceStates.Waiting, null);
                await services.Notifications.WaitForDependenciesAsync(resource, stop);
            }

            await RunUntilEndAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Ended(_stateAfterStop, exitCode: null);
        }
        catch (Exception exception)
        {
            Failed(KnownResourceStates.FailedToStart, exitCode: null, exception is DistributedApplicationException ? exception.Message : exception.ToString());
        }
    }

    private async Task RunUntilEndAsync(CancellationToken stop)
    {
        var restarts = new RestartPolicy();
        while (true)
        {
            Publish(KnownResourceStates.Starting, null);
            var (process, variables) = await ProcessPreparation.PrepareAsync(services, resource, stop);
            var (exitCode, wasStopped, healthyFor) = await RunOnceAsync(process, variables, stop);
            if (wasStopped)
            {
                Ended(_stateAfterStop, exitCode);
                return;
            }

            // A project or program that ends without an error is done; a store is never done.
            if (exitCode == 0 && resource is not ContainerResource)
            {
                _logger.LogInformation("Ended with exit code 0");
                Ended(KnownResourceStates.Finished, exitCode);
                return;
            }

            if (resource is ExecutableResource)
            {
                Failed(KnownResourceStates.Exited, exitCode, $"Ended with exit code {exitCode}");
                return;
            }

            if (restarts.Next(healthyFor) is not { } delay)
            {
                Failed(
                    KnownResourceStates.FailedToStart,
                    exitCode,
                    $"Ended with exit code {exitCode}, {RestartPolicy.MaxFailures} times in a row without becoming healthy; not started again");
                return;
            }

            _logger.LogWarning("Ended with exit code {ExitCode}; starting it again in {Delay:F2} s", exitCode, delay.TotalSeconds);
            services.Notifications.Publish(resource, id, snapshot => snapshot with
            {
                State = new ResourceStateSnapshot(KnownResourceStates.Restarting, KnownResourceStateStyles.Warning),
                ExitCode = exitCode,
                StopTimeStamp = Now,
                Restarts = snapshot.Restarts + 1,
                ReadyHandlers = null,
            });
            await Task.Delay(delay, services.Time, stop);
        }
    }

    private async Task<(int ExitCode, bool WasStopped, TimeSpan? HealthyFor)> RunOnceAsync(
        ProcessSpecification specification, IReadOnlyDictionary<string, string> variables, CancellationToken stop)
    {
        var urls = await ResourceLinks.CollectAsync(services, resource, stop);
        var process = services.Processes.Start(specification, (line, isError) => services.Loggers.Write(id, line, isError));
        _process = process;
        var monitor = new HealthMonitor(services, resource, id, index);
        services.Notifications.Publish(resource, id, snapshot => snapshot with
        {
            State = new ResourceStateSnapshot(KnownResourceStates.Running, KnownResourceStateStyles.Success),
            HealthReports = monitor.InitialReports,
            ReadyHandlers = null,
            StartTimeStamp = Now,
            StopTimeStamp = null,
            ExitCode = null,
            Failure = null,
            Urls = urls,
            EnvironmentVariables = [.. variables.Select(variable => new EnvironmentVariableSnapshot(variable.Key, variable.Value, IsFromSpec: true))],
            Properties =
            [
                new ResourcePropertySnapshot("executable.pid", process.Id),
                new ResourcePropertySnapshot("executable.path", specification.FileName),
                new ResourcePropertySnapshot("executable.workDir", specification.WorkingDirectory),
                new ResourcePropertySnapshot("resource.source", Path.GetFileName(specification.FileName)),
            ],
        });

        using var watching = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var health = WatchHealthAsync(monitor, watching.Token);
        try
        {
            return (await process.Exited.WaitAsync(stop), WasStopped: false, monitor.HealthyFor);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Publish(KnownResourceStates.Stopping, null);
            await process.StopAsync(StopTimeout, CancellationToken.None);
            return (await process.Exited, WasStopped: true, monitor.HealthyFor);
        }
        finally
        {
            _process = null;
            await watching.CancelAsync();
            await health;
        }
    }

    private async Task WatchHealthAsync(HealthMonitor monitor, CancellationToken cancellationToken)
    {
        try
        {
            await monitor.RunAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The process ended or is being stopped.
        }
    }

    private DateTime Now => services.Time.GetUtcNow().UtcDateTime;

    private void Publish(string state, string? style) =>
        services.Notifications.Publish(resource, id, snapshot => snapshot with { State = new ResourceStateSnapshot(state, style) });

    private void Failed(string state, int? exitCode, string reason)
    {
        _logger.LogError("{Reason}", reason);
        Ended(state, exitCode, reason);
    }

    private void Ended(string state, int? exitCode, string? failure = null)
    {
        var ended = services.Notifications.Publish(resource, id, snapshot => snapshot with
        {
            State = new ResourceStateSnapshot(state, failure is not null || exitCode is not (null or 0) ? KnownResourceStateStyles.Error : null),
            ExitCode = exitCode,
            Failure = failure,
            StopTimeStamp = Now,
            ReadyHandlers = null,
        });
        _ = services.Eventing.PublishAsync(new ResourceStoppedEvent(resource, services.Provider, ended));
    }
}
