namespace CloudNativeAi.AppHost.Kubernetes;

/// <summary>How the world outside reaches a service. Each way is a switch of values.yaml; none is on by default.</summary>
internal static class Exposure
{
    private const string GatewayApi = "gateway.networking.k8s.io/v1";

    // Filled by cert-manager, or by hand.
    private const string TlsSecret = "web-tls";

    private static string Host => Value.Text("exposure.host", "cloudnativeai.example.com");

    private static string GrpcHost => Value.Text("exposure.grpc_host", "grpc.cloudnativeai.example.com");

    /// <summary>HTTP of the service as Ingress, HTTPRoute or OpenShift Route, with TLS.</summary>
    public static IResourceBuilder<ProjectResource> WithHttpExposure(this IResourceBuilder<ProjectResource> service) =>
        service.PublishAsKubernetesService(kubernetes =>
        {
            var name = service.Resource.Name;
            var backend = kubernetes.Service!.Metadata.Name;
            var port = Pods.PortOf(service.Resource, "http")!;

            kubernetes.AddWhen("ingress.enabled", "networking.k8s.io/v1", "Ingress", $"{name}-ingress", new Map
            {
                ["ingressClassName"] = Value.Text("ingress.class", ""),
                ["tls"] = new[] { new Map { ["hosts"] = new[] { Host }, ["secretName"] = TlsSecret } },
                ["rules"] = new[]
                {
                    new Map
                    {
                        ["host"] = Host,
                        ["http"] = new Map
                        {
                            ["paths"] = new[]
                            {
                                new Map
                                {
                                    ["path"] = "/",
                                    ["pathType"] = "Prefix",
                                    ["backend"] = new Map { ["service"] = new Map { ["name"] = backend, ["port"] = new Map { ["name"] = "http" } } },
                                },
                            },
                        },
                    },
                },
            });
            kubernetes.AddWhen("gateway.enabled", GatewayApi, "HTTPRoute", $"{name}-route", new Map
            {
                ["parentRefs"] = ParentGateway(),
                ["hostnames"] = new[] { Host },
                ["rules"] = new[] { new Map { ["backendRefs"] = new[] { new Map { ["name"] = backend, ["port"] = port } } } },
            });
            kubernetes.AddWhen("openshift.route", "route.openshift.io/v1", "Route", $"{name}-openshift-route", new Map
            {
                ["host"] = Host,
                ["to"] = new Map { ["kind"] = "Service", ["name"] = backend, ["weight"] = 100 },
                ["port"] = new Map { ["targetPort"] = "http" },
                ["tls"] = new Map { ["termination"] = "edge", ["insecureEdgeTerminationPolicy"] = "Redirect" },
            });
            kubernetes.AddWhen("certManager.enabled", "cert-manager.io/v1", "Certificate", $"{name}-certificate", new Map
            {
                ["secretName"] = TlsSecret,
                ["dnsNames"] = new[] { Host },
                ["issuerRef"] = new Map { ["kind"] = Value.Text("certManager.issuer_kind", "ClusterIssuer"), ["name"] = Value.Text("certManager.issuer", "letsencrypt") },
            });

            Network.AllowFromNamespace(kubernetes, "ingress.enabled", name, $"{name}-from-ingress", Value.Text("ingress.namespace", "ingress-nginx"), "http");
            Network.AllowFromNamespace(kubernetes, "gateway.enabled", name, $"{name}-from-gateway", GatewayNamespace(), "http");
            Network.AllowFromNamespace(kubernetes, "openshift.route", name, $"{name}-from-router", Value.Text("openshift.ingress_namespace", "openshift-ingress"), "http");
        });

    /// <summary>gRPC of the service, by the names of its protocol's services, behind the gateway.</summary>
    public static IResourceBuilder<ProjectResource> WithGrpcExposure(this IResourceBuilder<ProjectResource> service, params string[] protocolServices) =>
        service.PublishAsKubernetesService(kubernetes =>
        {
            var name = service.Resource.Name;
            kubernetes.AddWhen("gateway.enabled", GatewayApi, "GRPCRoute", $"{name}-grpc-route", new Map
            {
                ["parentRefs"] = ParentGateway(),
                ["hostnames"] = new[] { GrpcHost },
                ["rules"] = new[]
                {
                    new Map
                    {
                        ["matches"] = protocolServices.Select(protocol => new Map { ["method"] = new Map { ["service"] = protocol } }).ToArray(),
                        ["backendRefs"] = new[] { new Map { ["name"] = kubernetes.Service!.Metadata.Name, ["port"] = Pods.PortOf(service.Resource, "grpc")! } },
                    },
                },
            });
            Network.AllowFromNamespace(kubernetes, "gateway.enabled", name, $"{name}-from-gateway", GatewayNamespace(), "grpc");
        });

    private static Map[] ParentGateway() => [new Map { ["name"] = Value.Text("gateway.name", "gateway"), ["namespace"] = GatewayNamespace() }];

    private static string GatewayNamespace() => Value.Text("gateway.namespace", "gateway");
}
