using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>The commands that every resource with a process has: start, stop, restart.</summary>
internal static class ResourceCommands
{
    private static readonly HashSet<string?> Stopped =
        [KnownResourceStates.Exited, KnownResourceStates.Finished, KnownResourceStates.FailedToStart, KnownResourceStates.NotStarted];

    public static void Add(IResource resource, IReadOnlyList<ResourceInstance> instances)
    {
        Add(resource, "start", "Start", "Play", isHighlighted: true,
            state => Stopped.Contains(state) ? ResourceCommandState.Enabled : ResourceCommandState.Hidden,
            context => Find(instances, context).StartCommandAsync(context.CancellationToken));
        Add(resource, "stop", "Stop", "Stop", isHighlighted: true,
            state => Stopped.Contains(state) ? ResourceCommandState.Hidden : state == KnownResourceStates.Stopping ? ResourceCommandState.Disabled : ResourceCommandState.Enabled,
            context => Find(instances, context).StopAsync(context.CancellationToken));
        Add(resource, "restart", "Restart", "ArrowCounterclockwise", isHighlighted: false,
            state => state == KnownResourceStates.Running || state == KnownResourceStates.RuntimeUnhealthy ? ResourceCommandState.Enabled : ResourceCommandState.Disabled,
            context => Find(instances, context).RestartAsync(context.CancellationToken));
    }

    private static void Add(
        IResource resource, string name, string displayName, string icon, bool isHighlighted,
        Func<string?, ResourceCommandState> state, Func<ExecuteCommandContext, Task> execute) =>
        resource.Annotations.Add(new ResourceCommandAnnotation(
            name,
            displayName,
            context => state(context.ResourceSnapshot.State?.Text),
            async context =>
            {
                await execute(context);
                return CommandResults.Success();
            },
            displayDescription: null,
            parameter: null,
            confirmationMessage: null,
            icon,
            IconVariant.Filled,
            isHighlighted));

    private static ResourceInstance Find(IReadOnlyList<ResourceInstance> instances, ExecuteCommandContext context) =>
        instances.FirstOrDefault(instance => string.Equals(instance.Id, context.ResourceName, StringComparison.OrdinalIgnoreCase)) ?? instances[0];
}
