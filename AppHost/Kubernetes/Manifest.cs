using Aspire.Hosting.Kubernetes.Resources;
using YamlDotNet.Serialization;

namespace CloudNativeAi.AppHost.Kubernetes;

/// <summary>A mapping of YAML. Kinds that Aspire has no type for are written as such, and tests check them against their schemas.</summary>
internal sealed class Map : Dictionary<string, object>
{
    public Map()
    {
    }

    public Map(Map other)
        : base(other)
    {
    }

    public Map(IEnumerable<KeyValuePair<string, string>> texts)
        : base(texts.Select(pair => KeyValuePair.Create(pair.Key, (object)pair.Value)))
    {
    }
}

/// <summary>A document with a specification.</summary>
internal sealed class Manifest(string apiVersion, string kind, Map spec) : BaseKubernetesResource(apiVersion, kind)
{
    [YamlMember(Alias = "spec")]
    public Map Spec { get; } = spec;
}

internal sealed class ServiceAccount() : BaseKubernetesResource("v1", "ServiceAccount")
{
    [YamlMember(Alias = "automountServiceAccountToken")]
    public bool? AutomountServiceAccountToken { get; set; }
}
