using YamlDotNet.Serialization;

namespace Aspire.Hosting.Kubernetes.Resources;

/// <summary>What runs pods.</summary>
public abstract class Workload(string apiVersion, string kind) : BaseKubernetesResource(apiVersion, kind)
{
    [YamlIgnore]
    public abstract PodTemplateSpecV1 PodTemplate { get; }
}

public sealed class Deployment() : Workload("apps/v1", "Deployment")
{
    public DeploymentSpecV1 Spec { get; set; } = new();

    [YamlIgnore]
    public override PodTemplateSpecV1 PodTemplate => Spec.Template;
}

public sealed class DeploymentSpecV1
{
    /// <summary>Null where an autoscaler owns the number.</summary>
    public int? Replicas { get; set; } = 1;

    public int? RevisionHistoryLimit { get; set; } = 3;

    public int? MinReadySeconds { get; set; }

    public int? ProgressDeadlineSeconds { get; set; }

    public bool? Paused { get; set; }

    public LabelSelectorV1 Selector { get; set; } = new();

    public DeploymentStrategyV1 Strategy { get; set; } = new();

    public PodTemplateSpecV1 Template { get; set; } = new();
}

public sealed class DeploymentStrategyV1
{
    public string Type { get; set; } = "RollingUpdate";

    public RollingUpdateDeploymentV1? RollingUpdate { get; set; } = new();
}

public sealed class RollingUpdateDeploymentV1
{
    public int MaxSurge { get; set; }

    public int MaxUnavailable { get; set; }
}

public sealed class StatefulSet() : Workload("apps/v1", "StatefulSet")
{
    public StatefulSetSpecV1 Spec { get; set; } = new();

    [YamlIgnore]
    public override PodTemplateSpecV1 PodTemplate => Spec.Template;
}

public sealed class StatefulSetSpecV1
{
    public int? Replicas { get; set; } = 1;

    public string ServiceName { get; set; } = null!;

    public string? PodManagementPolicy { get; set; }

    public int? MinReadySeconds { get; set; }

    public int? RevisionHistoryLimit { get; set; }

    public LabelSelectorV1 Selector { get; set; } = new();

    public PodTemplateSpecV1 Template { get; set; } = new();

    public List<PersistentVolumeClaim> VolumeClaimTemplates { get; } = [];

    public StatefulSetUpdateStrategyV1? UpdateStrategy { get; set; }

    public PersistentVolumeClaimRetentionPolicyV1? PersistentVolumeClaimRetentionPolicy { get; set; }
}

public sealed class StatefulSetUpdateStrategyV1
{
    public string Type { get; set; } = "RollingUpdate";

    public RollingUpdateStatefulSetStrategyV1? RollingUpdate { get; set; }
}

public sealed class RollingUpdateStatefulSetStrategyV1
{
    public int? MaxUnavailable { get; set; }

    public int? Partition { get; set; }
}

public sealed class PersistentVolumeClaimRetentionPolicyV1
{
    public string? WhenDeleted { get; set; }

    public string? WhenScaled { get; set; }
}
