namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class Ingress() : BaseKubernetesResource("networking.k8s.io/v1", "Ingress")
{
    public IngressSpecV1 Spec { get; set; } = new();
}

public sealed class IngressSpecV1
{
    public string? IngressClassName { get; set; }

    public IngressBackendV1? DefaultBackend { get; set; }

    public List<IngressRuleV1> Rules { get; } = [];

    public List<IngressTLSV1> Tls { get; } = [];
}

public sealed class IngressRuleV1
{
    public string? Host { get; set; }

    public HttpIngressRuleValueV1 Http { get; set; } = new();
}

public sealed class HttpIngressRuleValueV1
{
    public List<HttpIngressPathV1> Paths { get; } = [];
}

public sealed class HttpIngressPathV1
{
    public string? Path { get; set; }

    public string PathType { get; set; } = null!;

    public IngressBackendV1 Backend { get; set; } = new();
}

public sealed class IngressBackendV1
{
    public IngressServiceBackendV1? Service { get; set; }

    public TypedLocalObjectReferenceV1? Resource { get; set; }
}

public sealed class IngressServiceBackendV1
{
    public string Name { get; set; } = null!;

    public ServiceBackendPortV1 Port { get; set; } = new();
}

public sealed class ServiceBackendPortV1
{
    public string? Name { get; set; }

    public int? Number { get; set; }
}

public sealed class IngressTLSV1
{
    public List<string> Hosts { get; } = [];

    public string? SecretName { get; set; }
}
