namespace CloudNativeAi.Client;

/// <summary>How an <see cref="InferenceClient"/> calls.</summary>
public sealed record InferenceClientOptions
{
    /// <summary>Time that a call may take, with its retries. The server sheds what cannot be answered in it.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Times that a call is made while the server is unavailable, 1 to 5; 1 never retries.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Wait before the second attempt; doubles with each further one, with jitter.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Failures that this client may have, more than its successes make up for, before it stops retrying: retries must not keep down a
    /// server that is overloaded. A tenth of a token comes back with each success.
    /// </summary>
    public int RetryBudget { get; init; } = 10;

    /// <summary>Largest request or answer, bytes.</summary>
    public int MaxMessageBytes { get; init; } = 64 * 1024 * 1024;
}
