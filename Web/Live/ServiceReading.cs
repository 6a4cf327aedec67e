namespace CloudNativeAi.Web.Live;

public enum ServiceState
{
    /// <summary>Not asked yet.</summary>
    Unknown,
    Up,
    Down,
}

/// <summary>The last word of a service: its newest answer, and since when it fails when it does.</summary>
public abstract record ServiceReading(string Service)
{
    /// <summary>When the newest answer came; null before the first.</summary>
    public DateTimeOffset? ReadAt { get; init; }

    public DateTimeOffset? FailingSince { get; init; }

    public string Error { get; init; } = "";

    /// <summary>How long the newest answer took.</summary>
    public TimeSpan CallTime { get; init; }

    public ServiceState State =>
        FailingSince is not null ? ServiceState.Down : ReadAt is null ? ServiceState.Unknown : ServiceState.Up;
}

/// <summary><see cref="Value"/> stays when the service goes down: old numbers with their age say more than none.</summary>
public sealed record ServiceReading<T>(string Service) : ServiceReading(Service)
    where T : class
{
    public T? Value { get; init; }
}
