using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>Images of services have no shell: nothing but init containers, stores and the test runs one.</summary>
internal sealed class NoShellNeeded : PolicyRule
{
    public override IEnumerable<Mutation> Mutations =>
    [
        new("a service that starts by a shell", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!["containers"]![0]!["command"] = new System.Text.Json.Nodes.JsonArray("/bin/sh", "-c")),
        new("a probe by a program", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!["containers"]![0]!["livenessProbe"] =
            System.Text.Json.Nodes.JsonNode.Parse("""{ "exec": { "command": ["curl", "http://localhost:8080/alive"] } }""")),
    ];

    public override IEnumerable<string> Violations(Rendering rendering) =>
        from pod in rendering.Pods.Where(pod => pod.Document.Kind is not ("StatefulSet" or "Pod"))
        from container in pod.Containers
        where container.ContainsKey("command") || new[] { "startupProbe", "readinessProbe", "livenessProbe" }.Any(probe => container[probe].At("exec") is not null)
        select $"{pod.Document}: runs a program of its image by name";
}
