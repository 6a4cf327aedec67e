using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Kubernetes.Resources;

namespace Aspire.Hosting.Kubernetes;

/// <summary>The documents that one resource of the model becomes.</summary>
public sealed class KubernetesResource(string name, IResource resource, KubernetesEnvironmentResource kubernetesEnvironmentResource) : Resource(name)
{
    public Workload? Workload { get; set; }

    public Service? Service { get; set; }

    public ConfigMap? ConfigMap { get; set; }

    public Secret? Secret { get; set; }

    /// <summary>Documents beside the usual ones; they get the standard labels.</summary>
    public List<BaseKubernetesResource> AdditionalResources { get; } = [];

    public KubernetesEnvironmentResource Parent { get; } = kubernetesEnvironmentResource;

    internal IResource Target { get; } = resource;
}

/// <summary>Changes the documents of a resource before they are written.</summary>
internal sealed class KubernetesServiceCustomizationAnnotation(Action<KubernetesResource> configure) : IResourceAnnotation
{
    public Action<KubernetesResource> Configure { get; } = configure;
}
