namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class PodTemplateSpecV1
{
    public ObjectMetaV1 Metadata { get; set; } = new();

    public PodSpecV1 Spec { get; set; } = new();
}

public sealed class PodSpecV1
{
    public string? ServiceAccountName { get; set; }

    public bool? AutomountServiceAccountToken { get; set; }

    public bool? EnableServiceLinks { get; set; }

    public PodSecurityContextV1? SecurityContext { get; set; }

    public List<LocalObjectReferenceV1> ImagePullSecrets { get; } = [];

    public List<ContainerV1> InitContainers { get; } = [];

    public List<ContainerV1> Containers { get; } = [];

    public List<VolumeV1> Volumes { get; } = [];

    public Dictionary<string, string> NodeSelector { get; } = [];

    public Dictionary<string, string> Overhead { get; } = [];

    public List<TolerationV1> Tolerations { get; } = [];

    public List<TopologySpreadConstraintV1> TopologySpreadConstraints { get; } = [];

    public AffinityV1? Affinity { get; set; }

    public string? PriorityClassName { get; set; }

    public string? RuntimeClassName { get; set; }

    public string? SchedulerName { get; set; }

    public string? RestartPolicy { get; set; }

    public string? DnsPolicy { get; set; }

    public string? NodeName { get; set; }

    public string? Hostname { get; set; }

    public string? Subdomain { get; set; }

    public long? TerminationGracePeriodSeconds { get; set; }

    public long? ActiveDeadlineSeconds { get; set; }

    public bool? HostNetwork { get; set; }

    [YamlDotNet.Serialization.YamlMember(Alias = "hostIPC")]
    public bool? HostIpc { get; set; }

    [YamlDotNet.Serialization.YamlMember(Alias = "hostPID")]
    public bool? HostPid { get; set; }

    public bool? HostUsers { get; set; }

    public bool? ShareProcessNamespace { get; set; }
}

public sealed class LocalObjectReferenceV1
{
    public string Name { get; set; } = null!;
}
