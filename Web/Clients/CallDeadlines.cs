using Grpc.Core;

namespace CloudNativeAi.Web.Clients;

/// <summary>How long a page waits for a service: a page that waits for ever is worse than one that says what failed.</summary>
public sealed class CallDeadlines(TimeProvider timeProvider)
{
    private static readonly TimeSpan Status = TimeSpan.FromSeconds(2);
    /// <summary>Longest wait of a person.</summary>
    public static readonly TimeSpan Page = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Report = TimeSpan.FromSeconds(40);

    /// <summary>For the once-a-second status calls of the sampler.</summary>
    public CallOptions ForStatus(CancellationToken cancellationToken) => In(Status, cancellationToken);

    /// <summary>For what a person waits for.</summary>
    public CallOptions ForPage(CancellationToken cancellationToken) => In(Page, cancellationToken);

    /// <summary>For what is computed from the history when a person asks for it.</summary>
    public CallOptions ForReport(CancellationToken cancellationToken) => In(Report, cancellationToken);

    private CallOptions In(TimeSpan time, CancellationToken cancellationToken) =>
        new(deadline: timeProvider.GetUtcNow().UtcDateTime + time, cancellationToken: cancellationToken);
}
