namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class PersistentVolumeClaim() : BaseKubernetesResource("v1", "PersistentVolumeClaim")
{
    public PersistentVolumeClaimSpecV1 Spec { get; set; } = new();
}

public sealed class PersistentVolumeClaimSpecV1
{
    public List<string> AccessModes { get; } = [];

    public VolumeResourceRequirementsV1 Resources { get; set; } = new();

    public string? StorageClassName { get; set; }

    public string? VolumeMode { get; set; }

    public string? VolumeName { get; set; }

    public LabelSelectorV1? Selector { get; set; }

    public TypedLocalObjectReferenceV1? DataSource { get; set; }

    public TypedObjectReferenceV1? DataSourceRef { get; set; }
}

public sealed class VolumeResourceRequirementsV1
{
    public Dictionary<string, string> Requests { get; } = [];

    public Dictionary<string, string> Limits { get; } = [];
}

public sealed class TypedLocalObjectReferenceV1
{
    public string? ApiGroup { get; set; }

    public string Kind { get; set; } = null!;

    public string Name { get; set; } = null!;
}

public sealed class TypedObjectReferenceV1
{
    public string? ApiGroup { get; set; }

    public string Kind { get; set; } = null!;

    public string Name { get; set; } = null!;

    public string? Namespace { get; set; }
}
