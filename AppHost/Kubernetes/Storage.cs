using Aspire.Hosting.Kubernetes.Resources;

namespace CloudNativeAi.AppHost.Kubernetes;

/// <summary>Where pods keep files.</summary>
internal static class Storage
{
    private const string SharedSwitch = "storage.shared";
    private const string DataVolume = "data";
    private const string DataPath = "/data";

    /// <summary>/data that is gone with the pod: caches, spools and working files.</summary>
    public static IResourceBuilder<ProjectResource> WithScratchData(this IResourceBuilder<ProjectResource> service, string size) =>
        service.PublishAsKubernetesService(kubernetes =>
        {
            var path = $"storage.{Value.Key(service.Resource.Name)}";
            Mount(kubernetes.Workload!, new VolumeV1 { Name = DataVolume, EmptyDir = new EmptyDirVolumeSourceV1 { SizeLimit = Value.Text(path, size) } });
        });

    /// <summary>
    /// /data that outlives every pod. While the storage can be mounted on one node only (<c>storage.shared</c> is off), the next pod starts
    /// on the same node, so that an update needs no pause.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithPersistentData(this IResourceBuilder<ProjectResource> service, string size) =>
        service.PublishAsKubernetesService(kubernetes =>
        {
            var name = $"{service.Resource.Name}-data";
            var deployment = (Deployment)kubernetes.Workload!;
            Mount(deployment, new VolumeV1 { Name = DataVolume, PersistentVolumeClaim = new PersistentVolumeClaimVolumeSourceV1 { ClaimName = name } });
            deployment.PodTemplate.Spec.Affinity = new AffinityV1
            {
                NodeAffinity = null!,
                PodAntiAffinity = null!,
                PodAffinity = new PodAffinityV1
                {
                    RequiredDuringSchedulingIgnoredDuringExecution =
                    {
                        new PodAffinityTermV1
                        {
                            TopologyKey = Value.Choose(SharedSwitch, "kubernetes.io/os", "kubernetes.io/hostname"),
                            LabelSelector = new LabelSelectorV1(new(deployment.Spec.Selector.MatchLabels)),
                            NamespaceSelector = null!,
                        },
                    },
                },
            };

            var claim = Claim(name, $"storage.{Value.Key(service.Resource.Name)}", size);
            claim.Spec.AccessModes.Add(Value.Choose(SharedSwitch, "ReadWriteMany", "ReadWriteOnce"));
            // helm uninstall must not take the data along.
            claim.Metadata.Annotations["helm.sh/resource-policy"] = "keep";
            kubernetes.AdditionalResources.Add(claim);
        });

    /// <summary>A volume of the store's own, by its claim template.</summary>
    public static IResourceBuilder<T> WithPersistentVolume<T>(this IResourceBuilder<T> store, string volume, string size)
        where T : ContainerResource => store.PublishAsKubernetesService(kubernetes =>
        {
            var stateful = (StatefulSet)kubernetes.Workload!;
            stateful.Spec.ServiceName = kubernetes.Service!.Metadata.Name;
            kubernetes.Service.Spec.ClusterIp = "None";
            stateful.Spec.PodManagementPolicy = "OrderedReady";
            stateful.Spec.UpdateStrategy = new StatefulSetUpdateStrategyV1 { Type = "RollingUpdate", RollingUpdate = null! };
            stateful.Spec.PersistentVolumeClaimRetentionPolicy = null!;
            stateful.PodTemplate.Spec.TerminationGracePeriodSeconds = 60;

            stateful.PodTemplate.Spec.Volumes.RemoveAll(candidate => candidate.Name == volume);
            stateful.Spec.VolumeClaimTemplates.RemoveAll(candidate => candidate.Metadata.Name == volume);
            var claim = Claim(volume, $"stores.{Value.Key(store.Resource.Name)}.size", size);
            claim.Spec.AccessModes.Add("ReadWriteOnce");
            stateful.Spec.VolumeClaimTemplates.Add(claim);
        });

    private static void Mount(Workload workload, VolumeV1 volume)
    {
        workload.PodTemplate.Spec.Volumes.Add(volume);
        workload.PodTemplate.Spec.Containers[0].VolumeMounts.Add(new VolumeMountV1 { Name = volume.Name, MountPath = DataPath });
    }

    private static PersistentVolumeClaim Claim(string name, string sizePath, string size)
    {
        var claim = new PersistentVolumeClaim { Metadata = { Name = name } };
        claim.Spec.StorageClassName = Value.Text("storage.class", "");
        claim.Spec.Resources.Requests["storage"] = Value.Text(sizePath, size);
        claim.Spec.DataSource = null!;
        claim.Spec.DataSourceRef = null!;
        claim.Spec.Selector = null!;
        return claim;
    }
}
