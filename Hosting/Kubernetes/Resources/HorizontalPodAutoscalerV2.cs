namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class HorizontalPodAutoscalerV2() : BaseKubernetesResource("autoscaling/v2", "HorizontalPodAutoscaler")
{
    public HorizontalPodAutoscalerSpecV2 Spec { get; set; } = new();
}

public sealed class HorizontalPodAutoscalerSpecV2
{
    public CrossVersionObjectReferenceV2 ScaleTargetRef { get; set; } = new();

    public int? MinReplicas { get; set; }

    public int MaxReplicas { get; set; } = 1;

    public List<MetricSpecV2> Metrics { get; } = [];

    public HorizontalPodAutoscalerBehaviorV2 Behavior { get; set; } = new();
}

public sealed class CrossVersionObjectReferenceV2() : BaseKubernetesObject
{
    public string Name { get; set; } = null!;

    /// <summary>Never valid here: null.</summary>
    public ObjectMetaV1? Metadata { get; set; }
}

/// <summary>Aspire's own type creates every source: set the unused ones to null.</summary>
public sealed class MetricSpecV2
{
    public string Type { get; set; } = null!;

    public ResourceMetricSourceV2? Resource { get; set; }

    public ContainerResourceMetricSourceV2? ContainerResource { get; set; }

    public PodsMetricSourceV2? Pods { get; set; }

    public ObjectMetricSourceV2? Object { get; set; }

    public ExternalMetricSourceV2? External { get; set; }
}

public sealed class ResourceMetricSourceV2
{
    public string Name { get; set; } = null!;

    public MetricTargetV2 Target { get; set; } = new();
}

public sealed class ContainerResourceMetricSourceV2
{
    public string Name { get; set; } = null!;

    public string Container { get; set; } = null!;

    public MetricTargetV2 Target { get; set; } = new();
}

public sealed class PodsMetricSourceV2
{
    public MetricIdentifierV2 Metric { get; set; } = new();

    public MetricTargetV2 Target { get; set; } = new();
}

public sealed class ObjectMetricSourceV2
{
    public CrossVersionObjectReferenceV2 DescribedObject { get; set; } = new();

    public MetricIdentifierV2 Metric { get; set; } = new();

    public MetricTargetV2 Target { get; set; } = new();
}

public sealed class ExternalMetricSourceV2
{
    public MetricIdentifierV2 Metric { get; set; } = new();

    public MetricTargetV2 Target { get; set; } = new();
}

public sealed class MetricIdentifierV2
{
    public string Name { get; set; } = null!;

    public LabelSelectorV1? Selector { get; set; }
}

public sealed class MetricTargetV2
{
    public string Type { get; set; } = null!;

    public string? AverageValue { get; set; }

    public string? Value { get; set; }

    public int? AverageUtilization { get; set; }
}

public sealed class HorizontalPodAutoscalerBehaviorV2
{
    public HpaScalingRulesV2? ScaleUp { get; set; }

    public HpaScalingRulesV2? ScaleDown { get; set; }
}

public sealed class HpaScalingRulesV2
{
    public List<HpaScalingPolicyV2> Policies { get; } = [];

    public string? SelectPolicy { get; set; }

    public int? StabilizationWindowSeconds { get; set; }
}

public sealed class HpaScalingPolicyV2
{
    public string Type { get; set; } = null!;

    public int Value { get; set; }

    public int PeriodSeconds { get; set; }
}
