using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Aspire.Hosting.Running;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.ApplicationModel;

public class ResourceNotificationServiceOptions
{
    /// <summary>What a waiting resource does when its dependency fails, unless the wait says otherwise.</summary>
    public WaitBehavior DefaultWaitBehavior { get; set; } = WaitBehavior.StopOnResourceUnavailable;
}

/// <summary>The state of every resource: who changes it publishes here, who wants to know watches here.</summary>
public class ResourceNotificationService(
    DistributedApplicationModel model, IOptions<ResourceNotificationServiceOptions> options, TimeProvider timeProvider)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Channel<ResourceEvent>> _watchers = [];
    private bool _isComplete;

    public WaitBehavior DefaultWaitBehavior => options.Value.DefaultWaitBehavior;

    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    /// <summary>The state that was reached.</summary>
    public async Task<string> WaitForResourceAsync(string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var states = targetStates.ToList();
        var reached = await WaitForResourceAsync(
            resourceName, @event => @event.Snapshot.State?.Text is { } text && states.Contains(text, StringComparer.OrdinalIgnoreCase), cancellationToken);
        return reached.Snapshot.State!.Text;
    }

    public async Task<ResourceEvent> WaitForResourceAsync(string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        CheckExists(resourceName);
        await foreach (var @event in WatchAsync(cancellationToken))
        {
            if (IsNamed(@event, resourceName) && predicate(@event))
            {
                return @event;
            }
        }

        throw new OperationCanceledException($"The application ended before the resource '{resourceName}' reached the awaited state.");
    }

    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, DefaultWaitBehavior, cancellationToken);

    /// <summary>Healthy, and its ready handlers done.</summary>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        var reached = await WaitUntilReadyAsync(resourceName, waitBehavior, cancellationToken);
        return IsReady(reached)
            ? reached
            : throw new DistributedApplicationException($"Stopped waiting for resource '{resourceName}' to become healthy because it is {Describe(reached)}");
    }

    /// <summary>Every wait that the resource declares, all at once. The first that fails ends them all.</summary>
    public async Task WaitForDependenciesAsync(IResource resource, CancellationToken cancellationToken)
    {
        using var rest = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waits = resource.Annotations.OfType<WaitAnnotation>()
            .DistinctBy(wait => (wait.Resource, wait.WaitType))
            .SelectMany(wait => InstanceNames.IdsOf(wait.Resource), (wait, id) => WaitForDependencyAsync(resource, wait, id, rest.Token))
            .ToList();
        try
        {
            await foreach (var wait in Task.WhenEach(waits))
            {
                await wait;
            }
        }
        finally
        {
            await rest.CancelAsync();
        }
    }

    /// <summary>The state of every resource now, and each change after that.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateUnbounded<ResourceEvent>(new UnboundedChannelOptions { SingleReader = true });
        lock (_lock)
        {
            foreach (var current in _current.Values)
            {
                channel.Writer.TryWrite(current);
            }

            if (_isComplete)
            {
                channel.Writer.Complete();
            }

            _watchers.Add(channel);
        }

        try
        {
            await foreach (var @event in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return @event;
            }
        }
        finally
        {
            lock (_lock)
            {
                _watchers.Remove(channel);
            }
        }
    }

    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        foreach (var id in InstanceNames.IdsOf(resource))
        {
            Publish(resource, id, stateFactory);
        }

        return Task.CompletedTask;
    }

    public Task PublishUpdateAsync(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        Publish(resource, resourceId, stateFactory);
        return Task.CompletedTask;
    }

    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        lock (_lock)
        {
            return _current.TryGetValue(resourceId, out resourceEvent);
        }
    }

    internal ResourceEvent Publish(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        lock (_lock)
        {
            var previous = _current.TryGetValue(resourceId, out var found) ? found.Snapshot : Initial(resource);
            var snapshot = stateFactory(previous) with { Version = previous.Version + 1 };
            snapshot = snapshot with { Commands = CurrentCommands(resource, snapshot) };
            var @event = new ResourceEvent(resource, resourceId, snapshot);
            _current[resourceId] = @event;
            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryWrite(@event);
            }

            return @event;
        }
    }

    internal IReadOnlyList<ResourceEvent> Current()
    {
        lock (_lock)
        {
            return [.. _current.Values];
        }
    }

    /// <summary>Nothing will change any more: who watches sees the end.</summary>
    internal void Complete()
    {
        lock (_lock)
        {
            _isComplete = true;
            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryComplete();
            }
        }
    }

    // Nobody can give a parameter its value while the application runs.
    internal static bool HasEnded(ResourceEvent @event) =>
        KnownResourceStates.TerminalStates.Append(KnownResourceStates.ValueMissing).Contains(@event.Snapshot.State?.Text);

    internal static bool IsReady(ResourceEvent @event) =>
        @event.Snapshot is { HealthStatus: HealthStatus.Healthy, ReadyHandlers.IsCanceled: false };

    // Set once by the host, for the state of commands that depends on services.
    internal IServiceProvider? Services { get; set; }

    private static bool IsNamed(ResourceEvent @event, string name) =>
        string.Equals(@event.Resource.Name, name, StringComparison.OrdinalIgnoreCase) || string.Equals(@event.ResourceId, name, StringComparison.OrdinalIgnoreCase);

    private async Task WaitForDependencyAsync(IResource waiter, WaitAnnotation wait, string dependencyId, CancellationToken cancellationToken)
    {
        var name = wait.Resource.Name;
        if (!model.Resources.Contains(wait.Resource))
        {
            return;
        }

        var behavior = wait.WaitBehavior ?? DefaultWaitBehavior;
        var reached = wait.WaitType switch
        {
            WaitType.WaitForCompletion => await WaitForResourceAsync(dependencyId, HasEnded, cancellationToken),
            WaitType.WaitUntilStarted => await WaitForResourceAsync(
                dependencyId, @event => @event.Snapshot.State?.Text == KnownResourceStates.Running || HasFailed(@event, behavior), cancellationToken),
            _ => await WaitUntilReadyAsync(dependencyId, behavior, cancellationToken),
        };

        if (wait.WaitType == WaitType.WaitForCompletion)
        {
            if (reached.Snapshot.State?.Text == KnownResourceStates.FailedToStart || reached.Snapshot.ExitCode != wait.ExitCode)
            {
                throw new DistributedApplicationException($"'{waiter.Name}' waits for '{name}' to end with exit code {wait.ExitCode}, but it is {Describe(reached)}");
            }
        }
        else if (HasEnded(reached))
        {
            throw new DistributedApplicationException($"'{waiter.Name}' needs '{name}', which is {Describe(reached)}");
        }
    }

    /// <summary>Ready with its handlers done, or failed.</summary>
    private async Task<ResourceEvent> WaitUntilReadyAsync(string name, WaitBehavior behavior, CancellationToken cancellationToken)
    {
        while (true)
        {
            var reached = await WaitForResourceAsync(name, @event => IsReady(@event) || HasFailed(@event, behavior), cancellationToken);
            if (HasEnded(reached) || await CompletesAsync(reached.Snapshot.ReadyHandlers!, cancellationToken))
            {
                return reached;
            }
        }
    }

    // What the handlers' failure or cancellation means to those who wait, the resource's next state says.
    private static async Task<bool> CompletesAsync(Task handlers, CancellationToken cancellationToken)
    {
        await handlers.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return handlers.IsCompletedSuccessfully;
    }

    private static bool HasFailed(ResourceEvent @event, WaitBehavior behavior) =>
        behavior == WaitBehavior.StopOnResourceUnavailable && HasEnded(@event);

    private static string Describe(ResourceEvent @event) => @event.Snapshot switch
    {
        { Failure: { } failure } snapshot => $"{snapshot.State?.Text}: {failure.TrimEnd('.')}.",
        { ExitCode: { } exitCode } snapshot => $"{snapshot.State?.Text} with exit code {exitCode}.",
        var snapshot => $"{snapshot.State?.Text}.",
    };

    private void CheckExists(string name)
    {
        if (!model.Resources.Any(resource => string.Equals(resource.Name, name, StringComparison.OrdinalIgnoreCase)
            || InstanceNames.IdsOf(resource).Contains(name, StringComparer.OrdinalIgnoreCase)))
        {
            throw new DistributedApplicationException($"There is no resource '{name}'. There are: {string.Join(", ", model.Resources.Select(resource => resource.Name))}.");
        }
    }

    private CustomResourceSnapshot Initial(IResource resource) => new()
    {
        ResourceType = ResourceTypes.Of(resource),
        Properties = [],
        CreationTimeStamp = timeProvider.GetUtcNow().UtcDateTime,
        IsHidden = false,
        Relationships =
        [
            .. resource.Annotations.OfType<ResourceRelationshipAnnotation>()
                .Select(relationship => new RelationshipSnapshot(relationship.Resource.Name, relationship.Type))
                .Concat(resource is IResourceWithParent child ? [new RelationshipSnapshot(child.Parent.Name, KnownRelationshipTypes.Parent)] : [])
                .Distinct(),
        ],
        Volumes =
        [
            .. resource.Annotations.OfType<ContainerMountAnnotation>()
                .Select(mount => new VolumeSnapshot(mount.Source, mount.Target, mount.Type == ContainerMountType.Volume ? "volume" : "bind", mount.IsReadOnly)),
        ],
        IconName = resource.Annotations.OfType<ResourceIconAnnotation>().LastOrDefault()?.IconName,
        IconVariant = resource.Annotations.OfType<ResourceIconAnnotation>().LastOrDefault()?.IconVariant,
    };

    private ImmutableArray<ResourceCommandSnapshot> CurrentCommands(IResource resource, CustomResourceSnapshot snapshot) => Services is null ? [] :
    [
        .. resource.Annotations.OfType<ResourceCommandAnnotation>().Select(command => new ResourceCommandSnapshot(
            command.Name,
            command.UpdateState(new UpdateCommandStateContext { ResourceSnapshot = snapshot, ServiceProvider = Services }),
            command.DisplayName,
            command.DisplayDescription,
            command.Parameter,
            command.ConfirmationMessage,
            command.IconName,
            command.IconVariant,
            command.IsHighlighted)),
    ];
}
