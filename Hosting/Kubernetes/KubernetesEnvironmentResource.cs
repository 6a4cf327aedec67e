using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Kubernetes;

/// <summary>A cluster that the application is published to, as a Helm chart.</summary>
public sealed class KubernetesEnvironmentResource(string name) : Resource(name)
{
    /// <summary><c>emptydir</c> or <c>pvc</c>: what a named volume of a container becomes.</summary>
    public string DefaultStorageType { get; set; } = "emptydir";

    /// <summary>Null for the cluster's default class.</summary>
    public string? DefaultStorageClassName { get; set; }

    public string DefaultStorageSize { get; set; } = "1Gi";

    public string DefaultStorageReadWritePolicy { get; set; } = "ReadWriteOnce";

    public string DefaultImagePullPolicy { get; set; } = "IfNotPresent";

    public string DefaultServiceType { get; set; } = "ClusterIP";
}
