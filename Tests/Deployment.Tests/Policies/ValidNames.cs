using System.Text.RegularExpressions;
using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>Names are DNS labels, labels are valid, and no two documents of one kind have the same name.</summary>
internal sealed partial class ValidNames : PolicyRule
{
    public override IEnumerable<Mutation> Mutations =>
    [
        new("a name with capitals", rendering => rendering.Get("Service", "web-service").Node["metadata"]!["name"] = "Web-Service"),
        new("a name that is too long", rendering => rendering.Get("Service", "web-service").Node["metadata"]!["name"] = new string('a', 64)),
        new("a port name that is too long", rendering => rendering.Get("Service", "web-service").Spec["ports"]![0]!["name"] = "hypertext-transfer"),
        new("a label value with a blank", rendering => rendering.Get("Service", "web-service").Node["metadata"]!["labels"]!["app.kubernetes.io/component"] = "the web"),
        new("a volume's name with a dot", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!["volumes"]![0]!["name"] = "tmp.dir"),
        new("the same name twice", rendering => rendering.Get("NetworkPolicy", "web-network").Node["metadata"]!["name"] = "default-deny"),
    ];

    public override IEnumerable<string> Violations(Rendering rendering)
    {
        foreach (var twice in rendering.Documents.GroupBy(document => $"{document.ApiVersion} {document}").Where(group => group.Count() > 1))
        {
            yield return $"{twice.Key} is there {twice.Count()} times";
        }

        foreach (var document in rendering.Documents)
        {
            foreach (var name in Names(document).Where(name => name.Length > 63 || !DnsLabel().IsMatch(name)))
            {
                yield return $"{document}: '{name}' is no name";
            }

            foreach (var (key, value) in Json.Pairs(document.Node.At("metadata.labels")).Where(label => label.Value.Length > 63 || !LabelValue().IsMatch(label.Value)))
            {
                yield return $"{document}: the label {key} is '{value}'";
            }

            foreach (var port in Json.Items(document.Node.At("spec.ports")).Select(port => port.Text("name") ?? "").Where(port => port.Length is 0 or > 15 || !DnsLabel().IsMatch(port)))
            {
                yield return $"{document}: '{port}' is no name of a port";
            }
        }
    }

    private static IEnumerable<string> Names(ManifestDocument document) => PodTemplate.Of(document) is { } pod
        ? [document.Name, .. pod.AllContainers.Concat(pod.Items("volumes")).Select(item => item.Text("name")!)]
        : [document.Name];

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex DnsLabel();

    [GeneratedRegex("^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$")]
    private static partial Regex LabelValue();
}
