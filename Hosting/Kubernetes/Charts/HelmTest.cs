using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Kubernetes.Resources;
using YamlDotNet.Serialization;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>What <c>helm test</c> runs: a pod that asks every service whether it is well.</summary>
internal static class HelmTest
{
    private const string Name = "test";

    public static IEnumerable<BaseKubernetesResource> Documents(IReadOnlyList<KubernetesResource> resources, ChartValues values)
    {
        var endpoints = resources.Where(resource => resource.Service is not null)
            .Select(resource => PublishedEndpoints.Of((IResourceWithEndpoints)resource.Target))
            .Select(all => all.FirstOrDefault(endpoint => endpoint.EndpointAnnotation.Transport == "http"))
            .OfType<EndpointReference>()
            .ToList();
        if (endpoints.Count == 0)
        {
            return [];
        }

        var addresses = endpoints.Select(endpoint => $"{endpoint.EndpointAnnotation.UriScheme}://{KubernetesNames.Service(endpoint.Resource)}:{PublishedEndpoints.PortOf(endpoint)}");
        var labels = KubernetesNames.Labels(Name);
        var pod = new HelmTestPod
        {
            Metadata = { Name = Name, Labels = labels, Annotations = { ["helm.sh/hook"] = "test", ["helm.sh/hook-delete-policy"] = "before-hook-creation,hook-succeeded" } },
            Spec =
            {
                RestartPolicy = "Never",
                AutomountServiceAccountToken = false,
                EnableServiceLinks = false,
                SecurityContext = new PodSecurityContextV1 { RunAsNonRoot = true, RunAsUser = 65534, SeccompProfile = new SeccompProfileV1 { Type = "RuntimeDefault" } },
                Containers =
                {
                    new ContainerV1
                    {
                        Name = Name,
                        Image = WaitContainers.Image(values),
                        Command = { "/bin/sh", "-c" },
                        Args = { $"for address in {string.Join(' ', addresses)}; do echo \"$address\" && wget -q -O - -T 10 \"$address/health\" || exit 1; echo; done" },
                        Resources = new ResourceRequirementsV1 { Requests = { ["cpu"] = "10m", ["memory"] = "16Mi" }, Limits = { ["cpu"] = "100m", ["memory"] = "32Mi" } },
                        SecurityContext = new SecurityContextV1
                        {
                            AllowPrivilegeEscalation = false,
                            ReadOnlyRootFilesystem = true,
                            RunAsNonRoot = true,
                            Capabilities = new CapabilitiesV1 { Drop = { "ALL" } },
                            SeccompProfile = new SeccompProfileV1 { Type = "RuntimeDefault" },
                        },
                    },
                },
            },
        };
        return [pod];
    }

    private sealed class HelmTestPod() : BaseKubernetesResource("v1", "Pod")
    {
        [YamlMember(Order = 0)]
        public PodSpecV1 Spec { get; } = new();
    }
}
