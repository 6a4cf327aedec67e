using Aspire.Hosting.Kubernetes.Resources;

namespace CloudNativeAi.AppHost.Kubernetes;

/// <summary>What the pods of a resource are allowed to do, need, and are asked.</summary>
internal static class Pods
{
    private const string HttpPort = "http";
    private const string GrpcPort = "grpc";

    // Endpoints learn that a pod is going only after it was told to: it serves on meanwhile, and then as long as ServiceDefaults lets it.
    private const int DrainSeconds = 10;
    private const int ShutdownSeconds = 20;

    private static readonly string[] Topologies = ["kubernetes.io/hostname", "topology.kubernetes.io/zone"];

    /// <summary>Pod Security "restricted" and OpenShift's restricted-v2: no root, no capability, nothing to write but /tmp; no token.</summary>
    /// <param name="group">Group of the volumes, and of the process where <paramref name="user"/> is given; OpenShift assigns its own.</param>
    /// <param name="user">For images whose own user is root.</param>
    public static IResourceBuilder<T> WithRestrictedPods<T>(this IResourceBuilder<T> resource, long? group = null, long? user = null)
        where T : IComputeResource => resource.PublishAsKubernetesService(kubernetes =>
        {
            var pod = kubernetes.Workload!.PodTemplate.Spec;
            pod.ServiceAccountName = resource.Resource.Name;
            pod.AutomountServiceAccountToken = false;
            pod.EnableServiceLinks = false;
            pod.SecurityContext = new PodSecurityContextV1
            {
                RunAsNonRoot = true,
                RunAsUser = user,
                RunAsGroup = user is null ? null : group,
                FsGroup = group,
                FsGroupChangePolicy = group is null ? null! : "OnRootMismatch",
                SeccompProfile = new SeccompProfileV1 { Type = "RuntimeDefault" },
            };

            foreach (var container in pod.InitContainers.Concat(pod.Containers))
            {
                container.SecurityContext = Restricted();
                container.SecurityContext.Privileged = false;
                container.VolumeMounts.Add(new VolumeMountV1 { Name = "tmp", MountPath = "/tmp" });
                container.Env.Add(new EnvVarV1 { Name = "HOME", Value = "/tmp" });
            }

            // busybox and its like have no user of their own.
            foreach (var container in pod.InitContainers)
            {
                container.SecurityContext!.RunAsUser = user ?? 65532;
            }

            pod.Volumes.Add(new VolumeV1 { Name = "tmp", EmptyDir = new EmptyDirVolumeSourceV1 { SizeLimit = "1Gi" } });
            kubernetes.AdditionalResources.Add(new ServiceAccount { Metadata = { Name = resource.Resource.Name }, AutomountServiceAccountToken = false });
        });

    /// <summary>Requests and limits as they are by default; <c>resources.{name}</c> in values.yaml.</summary>
    public static IResourceBuilder<T> WithResources<T>(this IResourceBuilder<T> resource, string cpu, string memory, string cpuLimit, string memoryLimit)
        where T : IComputeResource => resource.PublishAsKubernetesService(kubernetes =>
        {
            var path = $"resources.{Value.Key(resource.Resource.Name)}";
            var pod = kubernetes.Workload!.PodTemplate.Spec;
            pod.Containers[0].Resources = new ResourceRequirementsV1
            {
                Requests = { ["cpu"] = Value.Text($"{path}.requests.cpu", cpu), ["memory"] = Value.Text($"{path}.requests.memory", memory) },
                Limits = { ["cpu"] = Value.Text($"{path}.limits.cpu", cpuLimit), ["memory"] = Value.Text($"{path}.limits.memory", memoryLimit) },
            };
            foreach (var container in pod.InitContainers)
            {
                container.Resources = new ResourceRequirementsV1
                {
                    Requests = { ["cpu"] = "10m", ["memory"] = "32Mi" },
                    Limits = { ["cpu"] = "200m", ["memory"] = "64Mi" },
                };
            }
        });

    /// <summary>
    /// Started when it answers at all; ready when everything it needs is, asked over gRPC where it serves gRPC; alive as long as the process
    /// answers, so that a lost store never restarts it.
    /// </summary>
    public static IResourceBuilder<T> WithProbes<T>(this IResourceBuilder<T> resource)
        where T : IComputeResource, IResourceWithEndpoints => resource.PublishAsKubernetesService(kubernetes =>
        {
            var container = kubernetes.Workload!.PodTemplate.Spec.Containers[0];
            var grpc = PortOf(resource.Resource, GrpcPort);
            container.StartupProbe = new ProbeV1 { HttpGet = Http("/alive"), PeriodSeconds = 2, TimeoutSeconds = 2, FailureThreshold = 60 };
            container.LivenessProbe = new ProbeV1 { HttpGet = Http("/alive"), PeriodSeconds = 10, TimeoutSeconds = 3, FailureThreshold = 3 };
            container.ReadinessProbe = grpc is { } port
                ? GrpcReadiness(port)
                : new ProbeV1 { HttpGet = Http("/health"), PeriodSeconds = 5, TimeoutSeconds = 3, FailureThreshold = 3 };
        });

    /// <summary>Never fewer pods than asked during an update; a pod that goes drains first; pods spread over nodes and zones.</summary>
    public static IResourceBuilder<T> WithRollingUpdates<T>(this IResourceBuilder<T> resource)
        where T : IComputeResource => resource.PublishAsKubernetesService(kubernetes =>
        {
            var deployment = (Deployment)kubernetes.Workload!;
            deployment.Spec.Strategy.Type = "RollingUpdate";
            deployment.Spec.Strategy.RollingUpdate!.MaxSurge = 1;
            deployment.Spec.Strategy.RollingUpdate.MaxUnavailable = 0;
            deployment.Spec.MinReadySeconds = 5;
            deployment.Spec.ProgressDeadlineSeconds = 600;

            var pod = deployment.PodTemplate.Spec;
            pod.TerminationGracePeriodSeconds = DrainSeconds + ShutdownSeconds + 15;
            pod.Containers[0].Lifecycle = new LifecycleV1
            {
                // The image has no shell: the kubelet does the sleeping.
                PreStop = new LifecycleHandlerV1 { Exec = null!, HttpGet = null!, TcpSocket = null!, Sleep = new SleepActionV1 { Seconds = DrainSeconds } },
            };
            foreach (var topology in Topologies)
            {
                pod.TopologySpreadConstraints.Add(new TopologySpreadConstraintV1
                {
                    MaxSkew = 1,
                    TopologyKey = topology,
                    WhenUnsatisfiable = "ScheduleAnyway",
                    LabelSelector = new LabelSelectorV1(new(deployment.Spec.Selector.MatchLabels)),
                });
            }
        });

    /// <summary>An NVIDIA GPU when <c>gpu.count</c> of values.yaml is not 0: the device, its nodes and their taint. Without, the CPU variant.</summary>
    public static IResourceBuilder<T> WithGpu<T>(this IResourceBuilder<T> resource)
        where T : IComputeResource => resource.PublishAsKubernetesService(kubernetes =>
        {
            var pod = kubernetes.Workload!.PodTemplate.Spec;
            var count = Value.Number("gpu.count", 0);
            var resources = pod.Containers[0].Resources!;
            resources.Requests["nvidia.com/gpu"] = count;
            resources.Limits["nvidia.com/gpu"] = count;

            var hasGpu = $"(gt ({Value.Read("gpu.count")} | default 0 | int) 0)";
            pod.NodeSelector[$"{{{{ ternary `nvidia.com/gpu.present` `kubernetes.io/os` {hasGpu} }}}}"] = $"{{{{ ternary `true` `linux` {hasGpu} }}}}";
            pod.Tolerations.Add(new TolerationV1 { Key = "nvidia.com/gpu", Operator = "Exists", Effect = "NoSchedule" });
        });

    public static int? PortOf(IResource resource, string endpoint) =>
        resource.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(candidate => candidate.Name == endpoint)?.TargetPort;

    /// <summary>What every container may: nothing. A new object each time: one that is shared would be written as a YAML alias.</summary>
    public static SecurityContextV1 Restricted() => new()
    {
        AllowPrivilegeEscalation = false,
        ReadOnlyRootFilesystem = true,
        RunAsNonRoot = true,
        Capabilities = new CapabilitiesV1 { Drop = { "ALL" } },
        SeccompProfile = new SeccompProfileV1 { Type = "RuntimeDefault" },
    };

    public static ProbeV1 GrpcReadiness(int port) =>
        new() { Grpc = new GrpcActionV1 { Port = port }, PeriodSeconds = 5, TimeoutSeconds = 3, FailureThreshold = 3 };

    private static HttpGetActionV1 Http(string path) => new() { Path = path, Port = HttpPort, Scheme = "HTTP" };
}
