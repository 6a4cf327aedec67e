namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class VolumeV1
{
    public string Name { get; set; } = null!;

    public EmptyDirVolumeSourceV1? EmptyDir { get; set; }

    public PersistentVolumeClaimVolumeSourceV1? PersistentVolumeClaim { get; set; }

    public ConfigMapVolumeSourceV1? ConfigMap { get; set; }

    public SecretVolumeSourceV1? Secret { get; set; }

    public HostPathVolumeSourceV1? HostPath { get; set; }
}

public sealed class EmptyDirVolumeSourceV1
{
    public string? Medium { get; set; }

    public string? SizeLimit { get; set; }
}

public sealed class PersistentVolumeClaimVolumeSourceV1
{
    public string ClaimName { get; set; } = null!;

    public bool? ReadOnly { get; set; }
}

public sealed class ConfigMapVolumeSourceV1
{
    public string Name { get; set; } = null!;

    public List<KeyToPathV1> Items { get; } = [];

    public bool? Optional { get; set; }

    public int? DefaultMode { get; set; }
}

public sealed class SecretVolumeSourceV1
{
    public string SecretName { get; set; } = null!;

    public List<KeyToPathV1> Items { get; } = [];

    public bool? Optional { get; set; }

    public int? DefaultMode { get; set; }
}

public sealed class KeyToPathV1
{
    public string Key { get; set; } = null!;

    public string Path { get; set; } = null!;

    public int? Mode { get; set; }
}

public sealed class HostPathVolumeSourceV1
{
    public string Path { get; set; } = null!;

    public string? Type { get; set; }
}

public sealed class VolumeMountV1
{
    public string Name { get; set; } = null!;

    public string MountPath { get; set; } = null!;

    public string? SubPath { get; set; }

    public string? SubPathExpr { get; set; }

    public bool? ReadOnly { get; set; }
}
