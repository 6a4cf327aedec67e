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
    public WaitBehavior DefaultWaitBehavior { get; set; } = WaitBehavior.WaitOnResourceUnavailable;
}

/// <summary>The state of every resource: who changes it publishes here, who wants to know watches here.</summary>
public class ResourceNotificationService(
    DistributedApplicationModel model, IOptions<ResourceNotificationServiceOptions> options, TimeProvider timeProvider)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Channel<ResourceEvent>> _watchers = [];

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
        var reached = await WaitForResourceAsync(
            resourceName,
            @event => IsReady(@event) || (waitBehavior == WaitBehavior.StopOnResourceUnavailable && HasEnded(@event)),
            cancellationToken);

        if (!IsReady(reached))
        {
            throw new DistributedApplicationException($"Stopped waiting for resource '{resourceName}' to become healthy because it is {reached.Snapshot.State?.Text}.");
        }

        await reached.Snapshot.ReadyHandlers!.WaitAsync(cancellationToken);
        return reached;
    }

    /// <summary>Every wait that the resource declares, all at once.</summary>
    public Task WaitForDependenciesAsync(IResource resource, CancellationToken cancellationToken)
    {
        var waits = resource.Annotations.OfType<WaitAnnotation>()
            .DistinctBy(wait => (wait.Resource, wait.WaitType))
            .SelectMany(wait => InstanceNames.IdsOf(wait.Resource), (wait, id) => WaitForDependencyAsync(resource, wait, id, cancellationToken));
        return Task.WhenAll(waits);
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

    internal static bool HasEnded(ResourceEvent @event) => KnownResourceStates.TerminalStates.Contains(@event.Snapshot.State?.Text);

    internal static bool IsReady(ResourceEvent @event) =>
        @event.Snapshot is { HealthStatus: HealthStatus.Healthy, ReadyHandlers: not null };

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

        var stopsOnFailure = (wait.WaitBehavior ?? DefaultWaitBehavior) == WaitBehavior.StopOnResourceUnavailable;
        var reached = await WaitForResourceAsync(
            dependencyId,
            @event => wait.WaitType switch
            {
                WaitType.WaitForCompletion => HasEnded(@event),
                WaitType.WaitUntilStarted => @event.Snapshot.State?.Text == KnownResourceStates.Running || (stopsOnFailure && HasEnded(@event)),
                _ => IsReady(@event) || (stopsOnFailure && HasEnded(@event)),
            },
            cancellationToken);
        var state = reached.Snapshot.State?.Text;

        if (wait.WaitType == WaitType.WaitForCompletion)
        {
            if (state == KnownResourceStates.FailedToStart || reached.Snapshot.ExitCode != wait.ExitCode)
            {
                throw new DistributedApplicationException(
                    $"'{waiter.Name}' waits for '{name}' to end with exit code {wait.ExitCode}, but it is {state} with exit code {reached.Snapshot.ExitCode?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}.");
            }
        }
        else if (HasEnded(reached))
        {
            throw new DistributedApplicationException($"'{waiter.Name}' needs '{name}', which is {state}.");
        }
        else if (wait.WaitType == WaitType.WaitUntilHealthy)
        {
            await reached.Snapshot.ReadyHandlers!.WaitAsync(cancellationToken);
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
