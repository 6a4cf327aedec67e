using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>
/// Lets a test take over the application that an AppHost's Main declares: Main runs until it calls Build, waits there for the test,
/// and its Run then only waits for the test to be done. Flows with Main's own thread and tasks, so tests in parallel do not meet.
/// </summary>
internal sealed class EntryPointInterception(Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure)
{
    private static readonly AsyncLocal<EntryPointInterception?> CurrentValue = new();

    private readonly TaskCompletionSource<DistributedApplicationBuilder> _declared = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _built = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DistributedApplicationBuilder? _builder;

    public static EntryPointInterception? Current
    {
        get => CurrentValue.Value;
        set => CurrentValue.Value = value;
    }

    /// <summary>The model is complete: Main has called Build.</summary>
    public Task<DistributedApplicationBuilder> Declared => _declared.Task;

    public Task<DistributedApplication> Built => _built.Task;

    public Task ApplicationDisposed => _disposed.Task;

    public void Configure(DistributedApplicationOptions options, HostApplicationBuilderSettings settings) => configure(options, settings);

    public void BuilderCreated(DistributedApplicationBuilder builder) => _builder ??= builder;

    public void WaitForTest(DistributedApplicationBuilder builder)
    {
        if (builder == _builder && Current == this)
        {
            _declared.TrySetResult(builder);
            _release.Task.GetAwaiter().GetResult();
        }
    }

    public void Release() => _release.TrySetResult();

    public void ApplicationBuilt(DistributedApplication application) => _built.TrySetResult(application);

    public void Disposed() => _disposed.TrySetResult();

    public void Failed(Exception exception)
    {
        _declared.TrySetException(exception);
        _built.TrySetException(exception);
    }

    public void MainEnded() => Failed(new InvalidOperationException("The AppHost's Main ended without building an application."));
}
