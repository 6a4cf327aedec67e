using Aspire.Hosting.Kubernetes.Resources;

namespace CloudNativeAi.AppHost.Kubernetes;

/// <summary>What the images of the stores need to run with a read-only root and any user.</summary>
internal static class Stores
{
    public static IResourceBuilder<PostgresServerResource> WithPostgres(this IResourceBuilder<PostgresServerResource> server) =>
        server.PublishAsKubernetesService(kubernetes =>
        {
            var pod = kubernetes.Workload!.PodTemplate.Spec;
            var container = pod.Containers[0];
            // A folder of its own: the root of a volume may hold lost+found.
            container.Env.Add(new EnvVarV1 { Name = "PGDATA", Value = "/var/lib/postgresql/data/pgdata" });
            container.VolumeMounts.Add(new VolumeMountV1 { Name = "run", MountPath = "/var/run/postgresql" });
            pod.Volumes.Add(new VolumeV1 { Name = "run", EmptyDir = new EmptyDirVolumeSourceV1 { SizeLimit = "16Mi" } });

            Probe(container, () => new ProbeV1 { Exec = new ExecActionV1 { Command = { "pg_isready", "--host", "127.0.0.1" } } });
        });

    public static IResourceBuilder<RedisResource> WithRedis(this IResourceBuilder<RedisResource> store) =>
        store.PublishAsKubernetesService(kubernetes =>
            Probe(kubernetes.Workload!.PodTemplate.Spec.Containers[0], () => new ProbeV1 { TcpSocket = new TcpSocketActionV1 { Port = 6379 } }));

    private static void Probe(ContainerV1 container, Func<ProbeV1> probe)
    {
        container.StartupProbe = probe();
        container.StartupProbe.PeriodSeconds = 2;
        container.StartupProbe.TimeoutSeconds = 5;
        container.StartupProbe.FailureThreshold = 150;
        container.ReadinessProbe = probe();
        container.ReadinessProbe.PeriodSeconds = 5;
        container.ReadinessProbe.TimeoutSeconds = 5;
        container.LivenessProbe = probe();
        container.LivenessProbe.PeriodSeconds = 10;
        container.LivenessProbe.TimeoutSeconds = 5;
        container.LivenessProbe.FailureThreshold = 6;
    }
}
