using System.Text.Json.Nodes;
using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>Whatever names a port names one that exists: services, probes, routes, addresses in variables.</summary>
internal sealed class PortsResolve : PolicyRule
{
    public override IEnumerable<Mutation> Mutations =>
    [
        new("a service of a port that no pod has", rendering => rendering.Get("Service", "web-service").Spec["ports"]![0]!["targetPort"] = "https"),
        new("a probe of a port that no container has", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!["containers"]![0]!["livenessProbe"]!["httpGet"]!["port"] = 9090),
        new("a gRPC probe of the HTTP port's neighbour", rendering => rendering.Get("Deployment", "training-deployment").Spec["template"]!["spec"]!["containers"]![0]!["readinessProbe"]!["grpc"]!["port"] = 8082),
        new("the address of a port that a service does not have", rendering => rendering.Get("ConfigMap", "training-config").Node["data"]!["services__feature-store__grpc__0"] = "http://feature-store-service:9999"),
        new("the address of a service that is not there", rendering => rendering.Documents.Remove(rendering.Get("Service", "model-registry-service"))),
    ];

    public override IEnumerable<string> Violations(Rendering rendering) =>
        ServiceViolations(rendering).Concat(ProbeViolations(rendering)).Concat(BackendViolations(rendering)).Concat(AddressViolations(rendering));

    private static IEnumerable<string> ServiceViolations(Rendering rendering) =>
        from service in rendering.Of("Service").Where(service => service.ApiVersion == "v1")
        from port in Json.Items(service.Spec["ports"])
        let target = port.Text("targetPort")
        where !rendering.Pods.Any(pod => Json.Selects(service.Spec["selector"], pod.Labels) && pod.Containers.Any(container => HasPort(container, target)))
        select $"{service}: nobody has the port {target}";

    private static IEnumerable<string> ProbeViolations(Rendering rendering) =>
        from pod in rendering.Pods
        from container in pod.Containers
        from probe in new[] { "startupProbe", "readinessProbe", "livenessProbe" }
        from action in new[] { "httpGet", "grpc", "tcpSocket" }
        let port = container[probe].Text($"{action}.port")
        where port is not null && !HasPort(container, port)
        select $"{pod.Document}: the {probe} asks port {port}";

    // HTTPRoute, GRPCRoute, Route and Ingress.
    private static IEnumerable<string> BackendViolations(Rendering rendering)
    {
        var backends = rendering.Documents.Where(document => document.Kind is "HTTPRoute" or "GRPCRoute")
            .SelectMany(route => Json.Items(route.Spec["rules"]).SelectMany(rule => Json.Items(rule["backendRefs"])).Select(backend => (route, backend.Text("name"), backend.Text("port"))))
            .Concat(rendering.Of("Ingress").SelectMany(ingress => Json.Items(ingress.Spec["rules"]).SelectMany(rule => Json.Items(rule.At("http.paths")))
                .Select(path => (ingress, path.Text("backend.service.name"), path.Text("backend.service.port.name") ?? path.Text("backend.service.port.number")))))
            .Concat(rendering.Of("Route").Select(route => (route, route.Spec.Text("to.name"), route.Spec.Text("port.targetPort"))));
        return from backend in backends
               where !HasServicePort(rendering, backend.Item2, backend.Item3)
               select $"{backend.Item1}: there is no port {backend.Item3} of {backend.Item2}";
    }

    private static IEnumerable<string> AddressViolations(Rendering rendering) =>
        from edge in ServiceAddresses.In(rendering)
        where !HasServicePort(rendering, edge.Service, $"{edge.Port}")
        select $"{edge.Document}: {edge.Service}:{edge.Port} is nowhere";

    private static bool HasPort(JsonObject container, string? port) =>
        Json.Items(container["ports"]).Any(candidate => candidate.Text("name") == port || candidate.Text("containerPort") == port);

    private static bool HasServicePort(Rendering rendering, string? service, string? port) => rendering.Of("Service").Any(candidate =>
        candidate.Name == service && Json.Items(candidate.Spec["ports"]).Any(candidatePort => candidatePort.Text("name") == port || candidatePort.Text("port") == port));
}
