using Aspire.Hosting.Kubernetes.Resources;
using YamlDotNet.Serialization;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>A container that is there only under a <see cref="ChartCondition"/>.</summary>
internal sealed class ConditionalContainer : ContainerV1
{
    /// <summary>Taken out again when the text is written.</summary>
    [YamlMember(Alias = ChartCondition.Marker, ApplyNamingConventions = false, Order = -1)]
    public string? Condition { get; set; }
}
