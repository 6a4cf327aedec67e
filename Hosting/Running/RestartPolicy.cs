namespace Aspire.Hosting.Running;

/// <summary>
/// Whether, and after what delay, a process that ended by itself is started again. The delay doubles from 1 s to 30 s, and is the
/// first one again after the process has run well; a process that never becomes well is given up.
/// </summary>
internal sealed class RestartPolicy
{
    /// <summary>Failures in a row, none of which became healthy first, after which it is given up.</summary>
    public const int MaxFailures = 5;

    /// <summary>Healthy for so long, a process has run well. Without health checks, so long a run is what counts as healthy.</summary>
    public static readonly TimeSpan RunsWell = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    private TimeSpan _delay = FirstDelay;
    private int _failures;

    /// <param name="healthyFor">Time since the process became healthy; null when it never did.</param>
    /// <returns>Time to wait before the next start; null to give up.</returns>
    public TimeSpan? Next(TimeSpan? healthyFor)
    {
        _failures = healthyFor is null ? _failures + 1 : 0;
        if (_failures == MaxFailures)
        {
            return null;
        }

        var delay = healthyFor >= RunsWell ? FirstDelay : _delay;
        _delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
        return delay;
    }
}
