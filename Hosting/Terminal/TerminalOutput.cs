using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Terminal;

/// <summary>
/// What the person who started the application sees: every resource's log lines with a prefix, and how the resources are -
/// as a table that stays at the bottom of an interactive terminal, else as a line per change.
/// </summary>
internal sealed partial class TerminalOutput(
    ResourceNotificationService notifications, ResourceLoggerService loggers, DistributedApplicationModel model, TimeProvider timeProvider) : BackgroundService
{
    private static readonly int[] Colours = [36, 33, 35, 32, 34, 96, 93, 95, 92, 94];
    private static readonly TimeSpan RedrawInterval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _console = new();
    private readonly StatusTable? _table = StatusTable.IsPossible ? new StatusTable() : null;
    private readonly ConcurrentDictionary<string, ResourceEvent> _current = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _said = new(StringComparer.Ordinal);
    private readonly int _prefixWidth = Math.Min(24, model.Resources.Count == 0 ? 0 : model.Resources.Max(resource => resource.Name.Length));
    private bool _announced;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        loggers.LineWritten += WriteLine;
        try
        {
            var redraw = _table is null ? Task.CompletedTask : RedrawAsync(_table, stoppingToken);
            await foreach (var change in notifications.WatchAsync(stoppingToken))
            {
                _current[change.ResourceId] = change;
                if (_table is null)
                {
                    SayChange(change);
                }

                AnnounceWhenHealthy();
            }

            await redraw;
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The application ends; its last log lines still come.
        }
    }

    public override void Dispose()
    {
        loggers.LineWritten -= WriteLine;
        _table?.Dispose();
        base.Dispose();
    }

    private void WriteLine(string resource, LogLine line)
    {
        var prefix = resource.PadRight(_prefixWidth);
        lock (_console)
        {
            Console.Out.WriteLine(Console.IsOutputRedirected ? $"{prefix} | {AnsiSequence().Replace(line.Content, "")}" : $"\e[{Colours[(int)((uint)Hash(resource) % Colours.Length)]}m{prefix}\e[0m | {line.Content}");
        }
    }

    private void SayChange(ResourceEvent change)
    {
        var text = StatusTable.Describe(change);
        if (!_said.TryGetValue(change.ResourceId, out var said) || said != text)
        {
            _said[change.ResourceId] = text;
            WriteLine(change.ResourceId, new LogLine(0, $"[{text}]", false));
        }
    }

    // Passive resources count as well; the ones that run to their end, or wait for a command, do not.
    private void AnnounceWhenHealthy()
    {
        if (_announced)
        {
            return;
        }

        var started = model.Resources.Where(resource => !resource.HasAnnotationOfType<ExplicitStartupAnnotation>()).ToList();
        var healthy = _current.Values.Where(change => change.Snapshot.HealthStatus == HealthStatus.Healthy || change.Snapshot.State?.Text == KnownResourceStates.Finished).ToList();
        if (started.All(resource => healthy.Any(change => ReferenceEquals(change.Resource, resource))))
        {
            _announced = true;
            var elapsed = timeProvider.GetUtcNow().UtcDateTime - Process.GetCurrentProcess().StartTime.ToUniversalTime();
            lock (_console)
            {
                Console.Out.WriteLine(FormattableString.Invariant($"All {started.Count} resources are healthy after {elapsed.TotalSeconds:F1} s. Ctrl+C stops the application."));
                foreach (var url in _current.Values.Where(change => change.Resource.Annotations.OfType<EndpointAnnotation>().Any(endpoint => endpoint.IsExternal)).SelectMany(change => change.Snapshot.Urls))
                {
                    Console.Out.WriteLine($"  {url.Url}");
                }
            }
        }
    }

    private async Task RedrawAsync(StatusTable table, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(RedrawInterval);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            lock (_console)
            {
                table.Draw([.. _current.Values.Where(change => !change.Snapshot.IsHidden).OrderBy(change => model.Resources.IndexOf(change.Resource))]);
            }
        }
    }

    [GeneratedRegex(@"\e\[[0-9;]*[A-Za-z]")]
    private static partial Regex AnsiSequence();

    // The same colour for the same resource at every start.
    private static int Hash(string text) => text.Aggregate(17, (hash, character) => unchecked((hash * 31) + character));
}
