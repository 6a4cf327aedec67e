namespace Aspire.Hosting.Kubernetes.Resources;

public class ContainerV1
{
    public string Name { get; set; } = null!;

    public string Image { get; set; } = null!;

    public string ImagePullPolicy { get; set; } = "IfNotPresent";

    public List<string> Command { get; } = [];

    public List<string> Args { get; } = [];

    public string? WorkingDir { get; set; }

    /// <summary>On an init container, <c>Always</c> makes it a sidecar.</summary>
    public string? RestartPolicy { get; set; }

    public List<EnvVarV1> Env { get; } = [];

    public List<EnvFromSourceV1> EnvFrom { get; } = [];

    public List<ContainerPortV1> Ports { get; } = [];

    public ResourceRequirementsV1? Resources { get; set; }

    public SecurityContextV1? SecurityContext { get; set; }

    public ProbeV1? StartupProbe { get; set; }

    public ProbeV1? ReadinessProbe { get; set; }

    public ProbeV1? LivenessProbe { get; set; }

    public LifecycleV1? Lifecycle { get; set; }

    public List<VolumeMountV1> VolumeMounts { get; } = [];

    public string? TerminationMessagePath { get; set; }

    public string? TerminationMessagePolicy { get; set; }

    public bool? Stdin { get; set; }

    public bool? Tty { get; set; }
}

public sealed class ContainerPortV1
{
    public string? Name { get; set; }

    public string? Protocol { get; set; }

    public Int32OrStringV1? ContainerPort { get; set; }

    public Int32OrStringV1? HostPort { get; set; }
}

/// <summary>Quantities are strings, as Kubernetes writes them: <c>500m</c>, <c>1Gi</c>.</summary>
public sealed class ResourceRequirementsV1
{
    public Dictionary<string, string> Requests { get; } = [];

    public Dictionary<string, string> Limits { get; } = [];
}
