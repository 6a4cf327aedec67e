namespace Aspire.Hosting.ApplicationModel;

public enum WaitType
{
    WaitUntilHealthy,
    WaitForCompletion,
    WaitUntilStarted,
}

public enum WaitBehavior
{
    /// <summary>Keep waiting when the dependency fails: somebody may start it again.</summary>
    WaitOnResourceUnavailable,

    /// <summary>Fail when the dependency fails.</summary>
    StopOnResourceUnavailable,
}

public sealed class WaitAnnotation(IResource resource, WaitType waitType, int exitCode = 0) : IResourceAnnotation
{
    public IResource Resource { get; } = resource;

    public WaitType WaitType { get; } = waitType;

    /// <summary>Exit code that <see cref="WaitType.WaitForCompletion"/> asks for.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>Null for the application's default.</summary>
    public WaitBehavior? WaitBehavior { get; init; }
}

public sealed class ExplicitStartupAnnotation : IResourceAnnotation;

public class HealthCheckAnnotation(string key) : IResourceAnnotation
{
    public string Key { get; } = key;
}
