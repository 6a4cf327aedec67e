using YamlDotNet.Serialization;

namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class Service() : BaseKubernetesResource("v1", "Service")
{
    public ServiceSpecV1 Spec { get; set; } = new();
}

public sealed class ServiceSpecV1
{
    public string? Type { get; set; } = "ClusterIP";

    /// <summary><c>None</c> makes the service headless.</summary>
    [YamlMember(Alias = "clusterIP")]
    public string? ClusterIp { get; set; }

    public Dictionary<string, string> Selector { get; set; } = [];

    public List<ServicePortV1> Ports { get; } = [];

    public string? SessionAffinity { get; set; }

    public string? InternalTrafficPolicy { get; set; }

    public bool? PublishNotReadyAddresses { get; set; }
}

public sealed class ServicePortV1
{
    public string? Name { get; set; }

    public string? Protocol { get; set; }

    public string? AppProtocol { get; set; }

    public Int32OrStringV1? Port { get; set; }

    public Int32OrStringV1? TargetPort { get; set; }

    public int? NodePort { get; set; }
}
