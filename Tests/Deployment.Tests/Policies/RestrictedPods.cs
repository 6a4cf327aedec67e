using System.Text.Json.Nodes;
using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>Pod Security Standards, level "restricted".</summary>
internal sealed class RestrictedPods : PolicyRule
{
    private static readonly string[] VolumeTypes = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];

    public override IEnumerable<Mutation> Mutations =>
    [
        new("a pod that may be root", rendering => rendering.Get("Deployment", "ingestion-deployment").Spec["template"]!["spec"]!["securityContext"]!["runAsNonRoot"] = false),
        new("no seccomp profile", rendering =>
        {
            Container(rendering)["securityContext"]!.AsObject().Remove("seccompProfile");
            rendering.Get("Deployment", "ingestion-deployment").Spec["template"]!["spec"]!["securityContext"]!.AsObject().Remove("seccompProfile");
        }),
        new("an unconfined container", rendering => Container(rendering)["securityContext"]!["seccompProfile"]!["type"] = "Unconfined"),
        new("a privileged container", rendering => Container(rendering)["securityContext"]!["privileged"] = true),
        new("a container that may gain privileges", rendering => Container(rendering)["securityContext"]!.AsObject().Remove("allowPrivilegeEscalation")),
        new("a container that keeps its capabilities", rendering => Container(rendering)["securityContext"]!.AsObject().Remove("capabilities")),
        new("a container with one capability more", rendering => Container(rendering)["securityContext"]!["capabilities"]!["add"] = new JsonArray("SYS_ADMIN")),
        new("an init container that keeps its capabilities", rendering => InitContainer(rendering)["securityContext"]!["capabilities"]!["drop"] = new JsonArray("NET_RAW")),
        new("the host's network", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!["hostNetwork"] = true),
        new("a port of the host", rendering => Container(rendering)["ports"]![0]!["hostPort"] = 8080),
        new("a folder of the host", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!["volumes"]!.AsArray()
            .Add(new JsonObject { ["name"] = "host", ["hostPath"] = new JsonObject { ["path"] = "/" } })),
        new("the user root", rendering => Container(rendering)["securityContext"]!["runAsUser"] = 0),
    ];

    public override IEnumerable<string> Violations(Rendering rendering) => rendering.Pods.SelectMany(pod => PodViolations(pod).Concat(pod.AllContainers.SelectMany(container => ContainerViolations(pod, container))));

    private static IEnumerable<string> PodViolations(PodTemplate pod)
    {
        foreach (var host in new[] { "hostNetwork", "hostPID", "hostIPC" }.Where(name => pod.Spec.IsTrue(name)))
        {
            yield return $"{pod.Document}: {host}";
        }

        foreach (var volume in pod.Items("volumes").Where(volume => volume.Any(member => member.Key != "name" && !VolumeTypes.Contains(member.Key))))
        {
            yield return $"{pod.Document}: the volume {volume.Text("name")} is of a type that is not allowed";
        }
    }

    private static IEnumerable<string> ContainerViolations(PodTemplate pod, JsonObject container)
    {
        var where = $"{pod.Document}, container {container.Text("name")}";
        var own = container["securityContext"];
        var shared = pod.Spec["securityContext"];

        if ((own.Text("runAsNonRoot") ?? shared.Text("runAsNonRoot")) != "true" || shared.Text("runAsNonRoot") == "false")
        {
            yield return $"{where}: runAsNonRoot is not true";
        }

        if ((own.Text("seccompProfile.type") ?? shared.Text("seccompProfile.type")) is not ("RuntimeDefault" or "Localhost"))
        {
            yield return $"{where}: no seccomp profile";
        }

        if (own.IsTrue("privileged") || own.Text("allowPrivilegeEscalation") != "false")
        {
            yield return $"{where}: privileged, or may become so";
        }

        if (!Json.Texts(own.At("capabilities.drop")).Contains("ALL") || Json.Texts(own.At("capabilities.add")).Any(name => name != "NET_BIND_SERVICE"))
        {
            yield return $"{where}: capabilities";
        }

        if (own.Text("runAsUser") == "0" || shared.Text("runAsUser") == "0")
        {
            yield return $"{where}: user 0";
        }

        if (Json.Items(container["ports"]).Any(port => port.ContainsKey("hostPort")))
        {
            yield return $"{where}: a port of the host";
        }
    }

    private static JsonObject Container(Rendering rendering) =>
        rendering.Get("Deployment", "ingestion-deployment").Spec["template"]!["spec"]!["containers"]![0]!.AsObject();

    private static JsonObject InitContainer(Rendering rendering) =>
        rendering.Get("Deployment", "ingestion-deployment").Spec["template"]!["spec"]!["initContainers"]![0]!.AsObject();
}
