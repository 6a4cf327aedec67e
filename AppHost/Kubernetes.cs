using CloudNativeAi.AppHost.Kubernetes;

namespace CloudNativeAi.AppHost;

/// <summary>What the resources of Program.cs become on Kubernetes. It compiles against Aspire.Hosting.Kubernetes 13.3 and 13.6 as well.</summary>
internal static class KubernetesChart
{
    /// <summary>The chart was asked for: <c>--operation publish</c> with the step <c>publish</c> or <c>publish-*</c>; the manifest stays without it.</summary>
    public static bool IsChartAskedFor(this IDistributedApplicationBuilder builder) =>
        builder.ExecutionContext.IsPublishMode
        && builder.Configuration["Publishing:Publisher"] != "manifest"
        && builder.Configuration["Pipeline:Step"] is null or "publish" or "publish-kubernetes";

    public static void AddKubernetes(this IDistributedApplicationBuilder builder)
    {
        builder.AddKubernetesEnvironment("kubernetes").WithProperties(environment =>
        {
            environment.DefaultImagePullPolicy = "IfNotPresent";
            environment.DefaultServiceType = "ClusterIP";
            environment.DefaultStorageType = "emptydir"; // Volumes that are to stay are declared below.
            environment.GetType().GetProperty("DashboardEnabled")?.SetValue(environment, false); // Aspire 13.6 would bring one without a login.
        });

        // Stores, for trying out
        builder.Store<PostgresServerResource>("postgres", group: 999, user: 999)
            .WithResources("250m", "512Mi", "2", "2Gi")
            .WithPostgres()
            .WithPersistentVolume("postgres-data", "20Gi");
        builder.Store<RedisResource>("online-store", group: 999, user: 999)
            .WithResources("100m", "256Mi", "1", "1Gi")
            .WithRedis()
            .WithPersistentVolume("online-store-data", "5Gi");

        // The path
        builder.Service("ingestion")
            .WithResources("250m", "256Mi", "1", "512Mi")
            .WithMigration()
            .WithAutoscaling(min: 2, max: 6, requestsPerPod: 32)
            .WithMonitoring(latencySeconds: 0.5)
            .WithGrpcExposure("cloudnativeai.ingestion.v1.EventIngestion");
        builder.Service("feature-store", volumeGroup: Group)
            .WithResources("500m", "1Gi", "2", "4Gi")
            .WithPersistentData("50Gi")
            .WithMigration()
            .WithAutoscaling(min: 1, max: 4, requestsPerPod: 64, needsSharedStorage: true)
            .WithMonitoring(latencySeconds: 0.05, new OwnAlert(
                "ParityIsBroken",
                "critical",
                series => $"sum(increase(feature_store_parity_samples_total{series[..^1]},result='different'}}[1h])) > 0",
                "What was served is not what training sees: the service's Parity.GetParity names it. No model that reads it is promoted until it is resolved."));
        builder.Service("model-registry", volumeGroup: Group)
            .WithResources("100m", "256Mi", "1", "512Mi")
            .WithPersistentData("20Gi")
            .WithMigration()
            .WithAutoscaling(min: 1, max: 3, requestsPerPod: 64, needsSharedStorage: true)
            .WithMonitoring(latencySeconds: 0.5);
        builder.Service("training")
            .WithResources("1", "2Gi", "4", "8Gi")
            .WithScratchData("20Gi")
            .WithMigration()
            .WithAutoscaling(min: 1, max: 4, requestsPerPod: 16)
            .WithJobPerRun(queue: "/v1/jobs/queue", waiting: "waiting", max: 4)
            .WithMonitoring(latencySeconds: 2);
        builder.Service("monitoring")
            .WithResources("250m", "512Mi", "2", "2Gi")
            .WithMigration()
            .WithAutoscaling(min: 1, max: 3, requestsPerPod: 32)
            .WithMonitoring(latencySeconds: 0.5);
        builder.Service("inference")
            .WithResources("500m", "1Gi", "2", "4Gi")
            .WithScratchData("10Gi")
            .WithGpu()
            .WithAutoscaling(min: 2, max: 8, requestsPerPod: 16)
            .WithMonitoring(latencySeconds: 0.025)
            .WithKServe()
            .WithKnative()
            .WithGrpcExposure("inference.GRPCInferenceService", "cloudnativeai.inference.v1.Prediction");

        // Model operations in the browser: one pod, because a session lives in it.
        builder.Service("web")
            .WithResources("100m", "256Mi", "1", "512Mi")
            .WithMonitoring(latencySeconds: 0.5)
            .WithHttpExposure()
            .WithNamespacePolicies();
    }

    // The group that owns files on a volume: that of the .NET images.
    private const long Group = 1654;

    private static IResourceBuilder<ProjectResource> Service(this IDistributedApplicationBuilder builder, string name, long? volumeGroup = null) =>
        builder.CreateResourceBuilder<ProjectResource>(name)
            .WithRestrictedPods(volumeGroup)
            .WithProbes()
            .WithRollingUpdates()
            .WithDisruptionBudget()
            .WithNetworkPolicy()
            .WithTelemetry();

    private static IResourceBuilder<T> Store<T>(this IDistributedApplicationBuilder builder, string name, long group, long user)
        where T : ContainerResource => builder.CreateResourceBuilder<T>(name)
            .WithRestrictedPods(group, user)
            .WithDisruptionBudget()
            .WithNetworkPolicy();
}
