using Aspire.Hosting.Kubernetes.Resources;

namespace CloudNativeAi.AppHost.Kubernetes;

/// <summary>Pods that do one thing and end.</summary>
internal static class Jobs
{
    /// <summary>
    /// An init container that brings the service's database up to date, by the service's own image. A pod that finds it done goes on at once;
    /// replicas take turns. After the volumes: the service's container has them at start.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithMigration(this IResourceBuilder<ProjectResource> service) =>
        service.PublishAsKubernetesService(kubernetes =>
        {
            var pod = kubernetes.Workload!.PodTemplate.Spec;
            var migration = Copy(pod.Containers[0], "migrate", "Migrations__Only", "true");
            migration.Resources = new ResourceRequirementsV1
            {
                Requests = { ["cpu"] = "50m", ["memory"] = "128Mi" },
                Limits = { ["cpu"] = "500m", ["memory"] = "256Mi" },
            };
            pod.InitContainers.Add(migration);
        });

    /// <summary>
    /// With <c>training.job_per_run</c> the service only queues, and KEDA starts a Kubernetes Job for each that waits: a pod that runs one to
    /// its end.
    /// </summary>
    /// <param name="queue">Path of the service's answer that has the number, in JSON.</param>
    /// <param name="waiting">The number's name.</param>
    /// <param name="max">Pods at a time.</param>
    public static IResourceBuilder<ProjectResource> WithJobPerRun(this IResourceBuilder<ProjectResource> service, string queue, string waiting, int max) =>
        service.PublishAsKubernetesService(kubernetes =>
        {
            var name = service.Resource.Name;
            var when = $"{Value.Key(name)}.job_per_run";
            var pod = kubernetes.Workload!.PodTemplate.Spec;
            var original = pod.Containers[0];
            var container = Copy(original, name, "Jobs__RunOnce", "true");
            container.Resources = original.Resources;
            container.Ports.AddRange(original.Ports);
            container.StartupProbe = original.StartupProbe;
            container.LivenessProbe = original.LivenessProbe;
            original.Env.Add(new EnvVarV1 { Name = "Jobs__Concurrency", Value = Value.Choose(when, "0", "1") });

            var labels = new Map(kubernetes.Workload.PodTemplate.Metadata.Labels) { ["app.kubernetes.io/instance"] = "{{ .Release.Name }}-job" };
            kubernetes.AddWhen(when, "keda.sh/v1alpha1", "ScaledJob", $"{name}-job", new Map
            {
                ["jobTargetRef"] = new Map
                {
                    ["backoffLimit"] = 3,
                    ["ttlSecondsAfterFinished"] = 86_400,
                    ["template"] = new Map
                    {
                        ["metadata"] = new Map { ["labels"] = labels },
                        ["spec"] = new Map
                        {
                            ["restartPolicy"] = "Never",
                            ["serviceAccountName"] = pod.ServiceAccountName!,
                            ["automountServiceAccountToken"] = false,
                            ["enableServiceLinks"] = false,
                            ["securityContext"] = pod.SecurityContext!,
                            ["containers"] = new[] { container },
                            ["volumes"] = pod.Volumes,
                            ["terminationGracePeriodSeconds"] = 45,
                        },
                    },
                },
                ["pollingInterval"] = 15,
                ["minReplicaCount"] = 0,
                ["maxReplicaCount"] = Value.Number($"{Value.Key(name)}.max_jobs", max),
                ["scalingStrategy"] = new Map { ["strategy"] = "accurate" }, // A job that runs waits no more.
                ["triggers"] = new object[]
                {
                    new Map
                    {
                        ["type"] = "metrics-api",
                        ["metadata"] = new Map
                        {
                            ["url"] = $"http://{kubernetes.Service!.Metadata.Name}.{{{{ .Release.Namespace }}}}.svc:{Pods.PortOf(service.Resource, "http")}{queue}",
                            ["valueLocation"] = waiting,
                            ["targetValue"] = "1",
                        },
                    },
                },
            });
            Network.AllowFromNamespace(kubernetes, when, name, $"{name}-from-keda", Value.Text("keda.namespace", "keda"), "http");
        });

    // The container once more, for something else that the image does.
    private static ContainerV1 Copy(ContainerV1 original, string name, string variable, string value)
    {
        var container = new ContainerV1
        {
            Name = name,
            Image = original.Image,
            ImagePullPolicy = original.ImagePullPolicy,
            SecurityContext = Pods.Restricted(),
        };
        container.SecurityContext.Privileged = false;
        container.Env.AddRange(original.Env);
        container.Env.Add(new EnvVarV1 { Name = variable, Value = value });
        container.EnvFrom.AddRange(original.EnvFrom);
        container.VolumeMounts.AddRange(original.VolumeMounts);
        return container;
    }
}
