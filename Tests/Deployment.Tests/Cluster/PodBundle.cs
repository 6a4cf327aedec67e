using System.Text.Json.Nodes;
using CloudNativeAi.Deployment.Tests.Policies;
using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Cluster;

/// <summary>
/// Turns an image's bundle into the container that a kubelet would make of a pod: its environment, user, volumes and limits. What OpenShift's
/// restricted-v2 assigns is assigned here: any user, group 0.
/// </summary>
internal static class PodBundle
{
    public const string Configuration = "config.json";

    /// <summary>Writes the bundle's <c>config.json</c> for one of the pod's containers.</summary>
    /// <param name="config">What the image says.</param>
    /// <param name="network">Path of the pod's network namespace.</param>
    /// <param name="volumes">Folder that volumes are made in.</param>
    public static async Task ConfigureAsync(
        string bundle, JsonObject config, PodTemplate pod, JsonObject container, Rendering chart, int user, string network, string hosts, string volumes)
    {
        var security = container["securityContext"]!;
        var group = pod.Spec.Text("securityContext.fsGroup");

        var process = config["process"]!.AsObject();
        process["terminal"] = false;
        process["user"] = new JsonObject
        {
            ["uid"] = user,
            ["gid"] = 0,
            ["additionalGids"] = new JsonArray(group is null ? [] : [JsonValue.Create(int.Parse(group, System.Globalization.CultureInfo.InvariantCulture))]),
        };
        process["noNewPrivileges"] = !security.IsTrue("allowPrivilegeEscalation");
        Assert.Equal("ALL", Assert.Single(Json.Texts(security.At("capabilities.drop"))));
        process["capabilities"] = new JsonObject();
        process["env"] = new JsonArray([.. process["env"]!.AsArray().Select(variable => variable!.DeepClone()), .. Environment(container, chart).Select(variable => JsonValue.Create($"{variable.Key}={variable.Value}"))]);

        config["hostname"] = pod.Document.Name;
        config["root"]!["readonly"] = security.IsTrue("readOnlyRootFilesystem");
        var mounts = config["mounts"]!.AsArray();
        mounts.Add(Mount("/etc/hosts", hosts, "ro"));
        foreach (var mount in Json.Items(container["volumeMounts"]))
        {
            var volume = pod.Items("volumes").Single(volume => volume.Text("name") == mount.Text("name"));
            mounts.Add(Mount(mount.Text("mountPath")!, await VolumeAsync(volume, volumes, group), "rw"));
        }

        config["linux"]!["resources"] = Limits(container);
        var namespaces = config["linux"]!["namespaces"]!.AsArray();
        namespaces.Single(item => item.Text("type") == "network")!["path"] = network;
        await File.WriteAllTextAsync(Path.Combine(bundle, Configuration), config.ToJsonString());
    }

    /// <summary>The container's variables: those of config maps and secrets first, then its own.</summary>
    private static Dictionary<string, string> Environment(JsonObject container, Rendering chart)
    {
        var variables = new Dictionary<string, string>();
        foreach (var source in Json.Items(container["envFrom"]))
        {
            var data = source["configMapRef"] is { } map
                ? chart.Get("ConfigMap", map.Text("name")!).Node["data"]
                : chart.Get("Secret", source.Text("secretRef.name")!).Node["stringData"];
            foreach (var (name, value) in Json.Pairs(data))
            {
                variables[name] = value;
            }
        }

        foreach (var variable in Json.Items(container["env"]))
        {
            Assert.Null(variable["valueFrom"]);
            variables[variable.Text("name")!] = variable.Text("value") ?? "";
        }

        return variables;
    }

    private static JsonObject Limits(JsonObject container)
    {
        Assert.True(Quantity.TryParse(container.Text("resources.limits.cpu")!, out var cores));
        Assert.True(Quantity.TryParse(container.Text("resources.limits.memory")!, out var bytes));
        return new JsonObject
        {
            ["memory"] = new JsonObject { ["limit"] = (long)bytes },
            ["cpu"] = new JsonObject { ["period"] = 100_000, ["quota"] = (long)(cores * 100_000) },
        };
    }

    // An empty volume is open to everybody; a claimed one belongs to root and the pod's group.
    private static async Task<string> VolumeAsync(JsonObject volume, string volumes, string? group)
    {
        var directory = Directory.CreateDirectory(Path.Combine(volumes, volume.Text("name")!)).FullName;
        if (volume["persistentVolumeClaim"] is not null)
        {
            await Command.OutputAsync("chown", $"0:{group}", directory);
            await Command.OutputAsync("chmod", "2775", directory);
        }
        else
        {
            Assert.NotNull(volume["emptyDir"]);
            await Command.OutputAsync("chmod", "777", directory);
        }

        return directory;
    }

    private static JsonObject Mount(string destination, string source, string access) => new()
    {
        ["destination"] = destination,
        ["type"] = "bind",
        ["source"] = source,
        ["options"] = new JsonArray("rbind", "nosuid", "nodev", access),
    };
}
