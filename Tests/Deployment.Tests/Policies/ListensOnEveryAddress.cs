using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>Every service listens where its service and probes look for it.</summary>
internal sealed class ListensOnEveryAddress : PolicyRule
{
    public override IEnumerable<Mutation> Mutations =>
    [
        new("loopback only", rendering => rendering.Get("ConfigMap", "web-config").Node["data"]!["Kestrel__Endpoints__http__Url"] = "http://127.0.0.1:8080"),
        new("another port", rendering => rendering.Get("ConfigMap", "web-config").Node["data"]!["Kestrel__Endpoints__http__Url"] = "http://*:5000"),
        new("no address", rendering => rendering.Get("ConfigMap", "inference-config").Node["data"]!.AsObject().Remove("Kestrel__Endpoints__grpc__Url")),
    ];

    public override IEnumerable<string> Violations(Rendering rendering) =>
        from deployment in rendering.Of("Deployment")
        from container in PodTemplate.Of(deployment)!.Containers
        from port in Json.Items(container["ports"])
        let config = rendering.Of("ConfigMap").FirstOrDefault(config => config.Name == $"{deployment.Component}-config")
        let address = config?.Node["data"]?[$"Kestrel__Endpoints__{port.Text("name")}__Url"]?.ToString()
        where address != $"http://*:{port.Text("containerPort")}"
        select $"{deployment}: listens at '{address}'";
}
