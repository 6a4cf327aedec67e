using Aspire.Hosting.Kubernetes;

namespace CloudNativeAi.AppHost.Kubernetes;

/// <summary>Nothing may talk to anything, but along the edges of the graph.</summary>
internal static class Network
{
    private const string Api = "networking.k8s.io/v1";
    private const string Kind = "NetworkPolicy";
    private const string ChartLabel = "app.kubernetes.io/name";
    private const string ComponentLabel = "app.kubernetes.io/component";

    // The pod that "helm test" runs.
    private const string TestComponent = "test";

    private static readonly string[] In = ["Ingress"];
    private static readonly string[] Out = ["Egress"];
    private static readonly string[] InAndOut = ["Ingress", "Egress"];

    /// <summary>In: from whoever refers to it. Out: to what it refers to. Pods are known by chart and component, in every variant of them.</summary>
    public static IResourceBuilder<T> WithNetworkPolicy<T>(this IResourceBuilder<T> resource)
        where T : IComputeResource => resource.PublishAsKubernetesService(kubernetes =>
        {
            var self = (IResource)resource.Resource;
            kubernetes.Add(Api, Kind, $"{self.Name}-network", new Map
            {
                ["podSelector"] = Component(kubernetes, self.Name),
                ["policyTypes"] = InAndOut,
                ["ingress"] = self.NeededBy(resource.ApplicationBuilder)
                    .Select(client => new Map { ["from"] = Pods(kubernetes, client.Name), ["ports"] = Tcp(self.Ports()) }).ToArray(),
                ["egress"] = self.Needs()
                    .Select(server => new Map { ["to"] = Pods(kubernetes, server.Name), ["ports"] = Tcp(server.Ports()) }).ToArray(),
            });

            // A store somewhere else is reached by its address.
            foreach (var store in self.Needs().Where(needed => needed.IsStore()))
            {
                kubernetes.AddWhen($"!stores.{Value.Key(store.Name)}.enabled=true", Api, Kind, $"{self.Name}-to-{store.Name}", new Map
                {
                    ["podSelector"] = Component(kubernetes, self.Name),
                    ["policyTypes"] = Out,
                    ["egress"] = new[]
                    {
                        new Map
                        {
                            ["to"] = new[] { new Map { ["ipBlock"] = new Map { ["cidr"] = Value.Text("network.stores_cidr", "10.0.0.0/8") } } },
                            ["ports"] = Tcp(store.Ports()),
                        },
                    },
                });
            }
        });

    /// <summary>What holds for all pods of the chart: nothing by default, DNS, scraping, telemetry and <c>helm test</c>.</summary>
    public static IResourceBuilder<T> WithNamespacePolicies<T>(this IResourceBuilder<T> resource)
        where T : IComputeResource => resource.PublishAsKubernetesService(kubernetes =>
        {
            var all = new Map { ["matchLabels"] = new Map { [ChartLabel] = ChartName(kubernetes) } };

            kubernetes.Add(Api, Kind, "default-deny", new Map { ["podSelector"] = all, ["policyTypes"] = InAndOut });
            kubernetes.Add(Api, Kind, "allow-dns", new Map
            {
                ["podSelector"] = all,
                ["policyTypes"] = Out,
                ["egress"] = new[]
                {
                    new Map
                    {
                        ["to"] = new[] { Namespace(Value.Text("network.dns_namespace", "kube-system")) },
                        // 5353: OpenShift's DNS pods.
                        ["ports"] = new[] { Port("UDP", 53), Port("TCP", 53), Port("UDP", 5353), Port("TCP", 5353) },
                    },
                },
            });
            kubernetes.AddWhen("monitoring.service_monitors", Api, Kind, "allow-scraping", new Map
            {
                ["podSelector"] = all,
                ["policyTypes"] = In,
                ["ingress"] = new[]
                {
                    new Map { ["from"] = new[] { Namespace(Value.Text("monitoring.namespace", "monitoring")) }, ["ports"] = new[] { Port("TCP", "http") } },
                },
            });
            kubernetes.AddWhen("telemetry.endpoint", Api, Kind, "allow-telemetry", new Map
            {
                ["podSelector"] = all,
                ["policyTypes"] = Out,
                ["egress"] = new[]
                {
                    new Map { ["to"] = new[] { Namespace(Value.Text("telemetry.namespace", "opentelemetry")) }, ["ports"] = new[] { Port("TCP", 4317), Port("TCP", 4318) } },
                },
            });
            kubernetes.Add(Api, Kind, "allow-test-out", new Map
            {
                ["podSelector"] = Component(kubernetes, TestComponent),
                ["policyTypes"] = Out,
                ["egress"] = new[] { new Map { ["to"] = new[] { new Map { ["podSelector"] = all } }, ["ports"] = new[] { Port("TCP", "http") } } },
            });
            kubernetes.Add(Api, Kind, "allow-test-in", new Map
            {
                ["podSelector"] = all,
                ["policyTypes"] = In,
                ["ingress"] = new[] { new Map { ["from"] = Pods(kubernetes, TestComponent), ["ports"] = new[] { Port("TCP", "http") } } },
            });
        });

    /// <summary>From another namespace, such as the ingress controller's, to one port.</summary>
    public static void AllowFromNamespace(KubernetesResource kubernetes, string when, string resource, string name, string from, string port) =>
        kubernetes.AddWhen(when, Api, Kind, name, new Map
        {
            ["podSelector"] = Component(kubernetes, resource),
            ["policyTypes"] = In,
            ["ingress"] = new[] { new Map { ["from"] = new[] { Namespace(from) }, ["ports"] = new[] { Port("TCP", port) } } },
        });

    private static Map[] Pods(KubernetesResource kubernetes, string component) => [new Map { ["podSelector"] = Component(kubernetes, component) }];

    // Aspire 13.3 writes the chart's name, 13.6 an expression: taken from the pods as they are.
    private static Map Component(KubernetesResource kubernetes, string component) =>
        new() { ["matchLabels"] = new Map { [ChartLabel] = ChartName(kubernetes), [ComponentLabel] = component } };

    private static string ChartName(KubernetesResource kubernetes) => kubernetes.Workload!.PodTemplate.Metadata.Labels[ChartLabel];

    private static Map Namespace(string name) =>
        new() { ["namespaceSelector"] = new Map { ["matchLabels"] = new Map { ["kubernetes.io/metadata.name"] = name } } };

    private static Map[] Tcp(IEnumerable<int> ports) => [.. ports.Select(port => Port("TCP", port))];

    private static Map Port(string protocol, object port) => new() { ["protocol"] = protocol, ["port"] = port };
}
