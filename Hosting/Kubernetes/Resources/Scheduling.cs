namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class TolerationV1
{
    public string? Key { get; set; }

    public string? Operator { get; set; }

    public string? Value { get; set; }

    public string? Effect { get; set; }

    public long? TolerationSeconds { get; set; }
}

public sealed class TopologySpreadConstraintV1
{
    public int? MaxSkew { get; set; }

    public int? MinDomains { get; set; }

    public string? TopologyKey { get; set; }

    public string? WhenUnsatisfiable { get; set; }

    public string? NodeAffinityPolicy { get; set; }

    public string? NodeTaintsPolicy { get; set; }

    public LabelSelectorV1 LabelSelector { get; set; } = new();

    public List<string> MatchLabelKeys { get; } = [];
}

/// <summary>Aspire's own type creates all three: set two of them to null.</summary>
public sealed class AffinityV1
{
    public PodAffinityV1? PodAffinity { get; set; } = new();

    public PodAntiAffinityV1? PodAntiAffinity { get; set; } = new();

    public NodeAffinityV1? NodeAffinity { get; set; }
}

public sealed class NodeAffinityV1
{
    public NodeSelectorV1? RequiredDuringSchedulingIgnoredDuringExecution { get; set; }
}

public sealed class NodeSelectorV1
{
    public List<NodeSelectorTermV1> NodeSelectorTerms { get; } = [];
}

public sealed class NodeSelectorTermV1
{
    public List<NodeSelectorRequirementV1> MatchExpressions { get; } = [];
}

public sealed class NodeSelectorRequirementV1
{
    public string Key { get; set; } = null!;

    public string Operator { get; set; } = null!;

    public List<string> Values { get; } = [];
}

public sealed class PodAffinityV1
{
    public List<WeightedPodAffinityTermV1> PreferredDuringSchedulingIgnoredDuringExecution { get; } = [];

    public List<PodAffinityTermV1> RequiredDuringSchedulingIgnoredDuringExecution { get; } = [];
}

public sealed class PodAntiAffinityV1
{
    public List<WeightedPodAffinityTermV1> PreferredDuringSchedulingIgnoredDuringExecution { get; } = [];

    public List<PodAffinityTermV1> RequiredDuringSchedulingIgnoredDuringExecution { get; } = [];
}

public sealed class WeightedPodAffinityTermV1
{
    public int Weight { get; set; }

    public PodAffinityTermV1 PodAffinityTerm { get; set; } = new();
}

public sealed class PodAffinityTermV1
{
    public string TopologyKey { get; set; } = null!;

    public LabelSelectorV1 LabelSelector { get; set; } = new();

    /// <summary>Empty means all namespaces; null the pod's own.</summary>
    public LabelSelectorV1? NamespaceSelector { get; set; }
}
