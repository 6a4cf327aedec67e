using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests;

/// <summary>What each file of deploy/values changes.</summary>
public sealed class VariantTests(PublishedChart chart)
{
    [Fact]
    public async Task Inference_runs_on_CPUs_by_default_and_on_a_GPU_when_asked()
    {
        var cpu = PodTemplate.Of((await chart.RenderAsync(PublishedChart.Default)).Get("Deployment", "inference-deployment"))!;
        var gpu = PodTemplate.Of((await chart.RenderAsync("gpu")).Get("Deployment", "inference-deployment"))!;

        Assert.Equal("0", cpu.Containers.Single()["resources"]!["limits"]!["nvidia.com/gpu"]!.ToString());
        Assert.Equal(["kubernetes.io/os"], cpu.Spec["nodeSelector"]!.AsObject().Select(pair => pair.Key));
        Assert.Equal("1", gpu.Containers.Single()["resources"]!["limits"]!["nvidia.com/gpu"]!.ToString());
        Assert.Equal(["nvidia.com/gpu.present"], gpu.Spec["nodeSelector"]!.AsObject().Select(pair => pair.Key));
        Assert.Contains(gpu.Items("tolerations"), toleration => toleration.Text("key") == "nvidia.com/gpu");
    }

    [Theory]
    [InlineData("production")]
    [InlineData("connections")]
    public async Task Stores_somewhere_else_leave_nothing_of_the_chart_s_own(string variant)
    {
        var rendering = await chart.RenderAsync(variant);

        Assert.Empty(rendering.Of("StatefulSet"));
        Assert.DoesNotContain(rendering.Documents, document => document.Component is "postgres" or "online-store" or "generated-secrets");
        Assert.DoesNotContain(rendering.Pods.SelectMany(pod => pod.AllContainers), container => container.Text("image")!.Contains("postgres", StringComparison.Ordinal));
        Assert.DoesNotContain("postgres-service", rendering.Yaml, StringComparison.Ordinal);
        Assert.All(
            rendering.Of("NetworkPolicy").Where(policy => policy.Name == "ingestion-to-postgres"),
            policy => Assert.Contains("ipBlock", policy.Node.ToJsonString(), StringComparison.Ordinal));
        Assert.Single(rendering.Of("NetworkPolicy"), policy => policy.Name == "ingestion-to-postgres");
    }

    [Fact]
    public async Task A_given_connection_string_reaches_its_service()
    {
        var rendering = await chart.RenderAsync("connections");

        Assert.StartsWith("Host=db.example.com;", rendering.Get("Secret", "ingestion-secrets").Node.Text("stringData.ConnectionStrings__ingestion"), StringComparison.Ordinal);
        Assert.Equal("", rendering.Get("Secret", "ingestion-secrets").Node.Text("stringData.INGESTION_PASSWORD"));
    }

    [Fact]
    public async Task Without_a_store_and_without_a_connection_string_helm_says_what_to_set()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => KubernetesTools.HelmAsync("template", "x", chart.Directory, "--set", "stores.postgres.enabled=false"));

        Assert.Contains("connectionStrings.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_that_nothing_reads_is_refused()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => KubernetesTools.HelmAsync("template", "x", chart.Directory, "--set", "ingres.enabled=true"));

        Assert.Contains("ingres", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_made_up_password_serves_the_store_and_everybody_who_uses_it()
    {
        var rendering = await chart.RenderAsync(PublishedChart.Default);

        var password = rendering.Get("Secret", "postgres-secrets").Node.Text("stringData.POSTGRES_PASSWORD")!;
        Assert.Equal(22, password.Length);
        Assert.Equal(password, rendering.Get("Secret", "generated-secrets").Node.Text("stringData.postgres_password"));
        Assert.Contains($"Password={password};", rendering.Get("Secret", "ingestion-secrets").Node.Text("stringData.ConnectionStrings__ingestion"), StringComparison.Ordinal);
        Assert.Contains($"Password={password};", rendering.Get("Secret", "monitoring-secrets").Node.Text("stringData.ConnectionStrings__monitoring"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_given_password_with_marks_survives_YAML_and_URLs()
    {
        const string password = """p%{}"'\: #@/""";
        var escaped = password.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal).Replace("{", "\\{", StringComparison.Ordinal).Replace("}", "\\}", StringComparison.Ordinal);
        var yaml = await KubernetesTools.HelmAsync("template", "x", chart.Directory, "--set-string", $"secrets.postgres_password={escaped}");
        var rendering = new Rendering("given", yaml);

        var secret = rendering.Get("Secret", "ingestion-secrets").Node["stringData"]!;
        Assert.Equal(password, secret.Text("INGESTION_PASSWORD"));
        Assert.Equal($"Host=postgres-service;Port=5432;Username=postgres;Password={password};Database=ingestion", secret.Text("ConnectionStrings__ingestion"));
        Assert.Equal(password, Uri.UnescapeDataString(new Uri(secret.Text("INGESTION_URI")!).UserInfo.Split(':')[1].Replace("+", " ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Volumes_of_one_node_keep_their_pods_on_it_and_shared_ones_do_not()
    {
        var one = await chart.RenderAsync(PublishedChart.Default);
        var shared = await chart.RenderAsync("production");

        Assert.Equal(("ReadWriteOnce", "kubernetes.io/hostname"), AccessAndTopology(one));
        Assert.Equal(("ReadWriteMany", "kubernetes.io/os"), AccessAndTopology(shared));
        Assert.DoesNotContain(one.Of("HorizontalPodAutoscaler"), scaler => scaler.Name == "feature-store-hpa");
        Assert.Contains(shared.Of("HorizontalPodAutoscaler"), scaler => scaler.Name == "feature-store-hpa");

        static (string?, string?) AccessAndTopology(Rendering rendering) => (
            rendering.Get("PersistentVolumeClaim", "feature-store-data").Spec["accessModes"]![0]!.ToString(),
            PodTemplate.Of(rendering.Get("Deployment", "feature-store-deployment"))!.Spec.At("affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution")![0].Text("topologyKey"));
    }

    [Fact]
    public async Task Nothing_of_another_project_is_needed_by_default()
    {
        var rendering = await chart.RenderAsync(PublishedChart.Default);

        Assert.Equal(
            ["apps/v1", "autoscaling/v2", "networking.k8s.io/v1", "policy/v1", "v1"],
            rendering.Documents.Select(document => document.ApiVersion).Distinct().Order(StringComparer.Ordinal));
        Assert.Empty(rendering.Of("Ingress"));
    }

    [Theory]
    [InlineData("gateway", "HTTPRoute", "GRPCRoute", "Certificate")]
    [InlineData("jobs", "ScaledJob")]
    [InlineData("keda", "ScaledObject")]
    [InlineData("knative", "Service")]
    [InlineData("kserve", "InferenceService")]
    [InlineData("openshift", "Route")]
    [InlineData("production", "Ingress", "Certificate", "ServiceMonitor", "PrometheusRule")]
    public async Task A_variant_brings_its_documents(string variant, params string[] kinds)
    {
        var own = (await chart.RenderAsync(variant)).Documents.Select(Identity);
        var known = (await chart.RenderAsync(PublishedChart.Default)).Documents.Select(Identity).ToHashSet();

        Assert.Superset(kinds.ToHashSet(), own.Where(document => !known.Contains(document)).Select(document => document.Kind).ToHashSet());

        static (string ApiVersion, string Kind, string Name) Identity(ManifestDocument document) => (document.ApiVersion, document.Kind, document.Name);
    }
}
