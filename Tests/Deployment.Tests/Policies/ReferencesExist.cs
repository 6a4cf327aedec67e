using System.Text.Json.Nodes;
using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>Config maps, secrets and their keys, claims and service accounts that pods refer to are there.</summary>
internal sealed class ReferencesExist : PolicyRule
{
    public override IEnumerable<Mutation> Mutations =>
    [
        new("a config map that is gone", rendering => rendering.Documents.Remove(rendering.Get("ConfigMap", "ingestion-config"))),
        new("a secret that is gone", rendering => rendering.Documents.Remove(rendering.Get("Secret", "ingestion-secrets"))),
        new("a key that its secret does not have", rendering => rendering.Get("Secret", "postgres-secrets").Node["stringData"]!.AsObject().Remove("POSTGRES_PASSWORD")),
        new("a claim that is gone", rendering => rendering.Documents.Remove(rendering.Get("PersistentVolumeClaim", "model-registry-data"))),
        new("a service account that is gone", rendering => rendering.Documents.Remove(rendering.Get("ServiceAccount", "web"))),
        new("a mount of no volume", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!.AsObject().Remove("volumes")),
        new("a volume that nobody mounts", rendering => rendering.Get("Deployment", "web-deployment").Spec["template"]!["spec"]!["volumes"]!.AsArray()
            .Add(new JsonObject { ["name"] = "unused", ["emptyDir"] = new JsonObject() })),
    ];

    public override IEnumerable<string> Violations(Rendering rendering) => rendering.Pods.SelectMany(pod =>
        Variables(rendering, pod).Concat(Volumes(rendering, pod)).Append(Account(rendering, pod)).OfType<string>().Select(problem => $"{pod.Document}: {problem}"));

    private static IEnumerable<string?> Variables(Rendering rendering, PodTemplate pod)
    {
        foreach (var container in pod.AllContainers)
        {
            foreach (var source in Json.Items(container["envFrom"]))
            {
                yield return Missing(rendering, "ConfigMap", source.Text("configMapRef.name"), null);
                yield return Missing(rendering, "Secret", source.Text("secretRef.name"), null);
            }

            foreach (var variable in Json.Items(container["env"]))
            {
                yield return Missing(rendering, "ConfigMap", variable.Text("valueFrom.configMapKeyRef.name"), variable.Text("valueFrom.configMapKeyRef.key"));
                yield return Missing(rendering, "Secret", variable.Text("valueFrom.secretKeyRef.name"), variable.Text("valueFrom.secretKeyRef.key"));
            }
        }
    }

    private static IEnumerable<string?> Volumes(Rendering rendering, PodTemplate pod)
    {
        var volumes = pod.Items("volumes").Select(volume => volume.Text("name"))
            .Concat(pod.Document.Kind == "StatefulSet" ? Json.Items(pod.Document.Spec["volumeClaimTemplates"]).Select(claim => claim.Text("metadata.name")) : [])
            .ToHashSet();
        var mounted = pod.AllContainers.SelectMany(container => Json.Items(container["volumeMounts"])).Select(mount => mount.Text("name")).ToHashSet();
        foreach (var name in volumes.Except(mounted).Concat(mounted.Except(volumes)))
        {
            yield return $"the volume {name} is mounted and not there, or there and not mounted";
        }

        foreach (var volume in pod.Items("volumes"))
        {
            yield return Missing(rendering, "PersistentVolumeClaim", volume.Text("persistentVolumeClaim.claimName"), null);
            yield return Missing(rendering, "ConfigMap", volume.Text("configMap.name"), null);
            yield return Missing(rendering, "Secret", volume.Text("secret.secretName"), null);
        }
    }

    private static string? Account(Rendering rendering, PodTemplate pod) => Missing(rendering, "ServiceAccount", pod.Spec.Text("serviceAccountName"), null);

    private static string? Missing(Rendering rendering, string kind, string? name, string? key)
    {
        // A secret that somebody else keeps is named in the values.
        if (name is null || (kind == "Secret" && name.EndsWith("-connections", StringComparison.Ordinal)))
        {
            return null;
        }

        var document = rendering.Documents.FirstOrDefault(candidate => candidate.Kind == kind && candidate.Name == name);
        return document is null ? $"there is no {kind} {name}"
            : key is null || document.Node.At("stringData")?[key] is not null || document.Node.At("data")?[key] is not null ? null
            : $"{document} has no key {key}";
    }
}
