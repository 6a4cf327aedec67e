namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class PodSecurityContextV1
{
    public bool? RunAsNonRoot { get; set; }

    /// <summary>This, the group and the volumes' group are written for every platform but OpenShift, which assigns its own.</summary>
    public long? RunAsUser { get; set; }

    public long? RunAsGroup { get; set; }

    public long? FsGroup { get; set; }

    public string? FsGroupChangePolicy { get; set; }

    public string? SupplementalGroupsPolicy { get; set; }

    public List<long> SupplementalGroups { get; } = [];

    public SeccompProfileV1? SeccompProfile { get; set; }
}

public sealed class SecurityContextV1
{
    public bool? RunAsNonRoot { get; set; }

    public bool? ReadOnlyRootFilesystem { get; set; }

    public bool? AllowPrivilegeEscalation { get; set; }

    public bool? Privileged { get; set; }

    public long? RunAsUser { get; set; }

    public long? RunAsGroup { get; set; }

    public CapabilitiesV1? Capabilities { get; set; }

    public SeccompProfileV1? SeccompProfile { get; set; }

    public string? ProcMount { get; set; }
}

public sealed class CapabilitiesV1
{
    public List<string> Add { get; } = [];

    public List<string> Drop { get; } = [];
}

public sealed class SeccompProfileV1
{
    public string Type { get; set; } = null!;

    public string? LocalhostProfile { get; set; }
}
