namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class ProbeV1
{
    public HttpGetActionV1? HttpGet { get; set; }

    public GrpcActionV1? Grpc { get; set; }

    public TcpSocketActionV1? TcpSocket { get; set; }

    public ExecActionV1? Exec { get; set; }

    public int? InitialDelaySeconds { get; set; }

    public int? PeriodSeconds { get; set; }

    public int? TimeoutSeconds { get; set; }

    public int? FailureThreshold { get; set; }

    public int? SuccessThreshold { get; set; }

    public long? TerminationGracePeriodSeconds { get; set; }
}

public sealed class HttpGetActionV1
{
    public string? Path { get; set; }

    public Int32OrStringV1? Port { get; set; }

    /// <summary>In upper case: HTTP or HTTPS.</summary>
    public string? Scheme { get; set; }

    public string? Host { get; set; }

    public List<HttpHeaderV1> HttpHeaders { get; } = [];
}

public sealed class HttpHeaderV1
{
    public string Name { get; set; } = null!;

    public string Value { get; set; } = null!;
}

public sealed class GrpcActionV1
{
    public int Port { get; set; }

    public string? Service { get; set; }
}

public sealed class TcpSocketActionV1
{
    public int Port { get; set; }

    public string? Host { get; set; }
}

public sealed class ExecActionV1
{
    public List<string> Command { get; } = [];
}

public sealed class LifecycleV1
{
    public LifecycleHandlerV1? PostStart { get; set; }

    public LifecycleHandlerV1? PreStop { get; set; }
}

/// <summary>Aspire's own type creates all four: set three of them to null.</summary>
public sealed class LifecycleHandlerV1
{
    public ExecActionV1? Exec { get; set; }

    public HttpGetActionV1? HttpGet { get; set; }

    public TcpSocketActionV1? TcpSocket { get; set; }

    public SleepActionV1? Sleep { get; set; }
}

public sealed class SleepActionV1
{
    public long Seconds { get; set; }
}
