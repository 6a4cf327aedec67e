namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class ConfigMap() : BaseKubernetesResource("v1", "ConfigMap")
{
    public Dictionary<string, string> Data { get; } = [];

    public Dictionary<string, string> BinaryData { get; } = [];

    public bool? Immutable { get; set; }
}

public sealed class Secret() : BaseKubernetesResource("v1", "Secret")
{
    public string? Type { get; set; } = "Opaque";

    public Dictionary<string, string> Data { get; } = [];

    public Dictionary<string, string> StringData { get; } = [];

    public bool? Immutable { get; set; }
}
