using System.Text.RegularExpressions;
using Aspire.Hosting.Kubernetes;
using Aspire.Hosting.Kubernetes.Resources;
using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Charts;

/// <summary>What the built-in host writes for small models.</summary>
public sealed partial class ChartWritingTests : IDisposable
{
    private readonly DirectoryInfo _temporary = Directory.CreateTempSubdirectory("chart-writing-");

    private string Output => Path.Combine(_temporary.FullName, "helm");

    [Fact]
    public async Task A_chart_has_Aspire_s_files()
    {
        await PublishAsync(builder =>
        {
            var cache = builder.AddRedis("cache");
            builder.AddContainer("api", "example/api", "1.2").WithHttpEndpoint(targetPort: 8080, name: "http").WithReference(cache).WithEnvironment("Mode", "fast");
        });

        Assert.Equal(
            [
                ".helmignore", "Chart.yaml", "templates/NOTES.txt", "templates/_helpers.tpl", "templates/api/config.yaml", "templates/api/deployment.yaml", "templates/api/secrets.yaml",
                "templates/api/service.yaml", "templates/cache/secrets.yaml", "templates/cache/service.yaml", "templates/cache/statefulset.yaml",
                "templates/generated-secrets.yaml", "templates/tests/test.yaml", "values.schema.json", "values.yaml",
            ],
            Files().Keys.Where(file => !file.StartsWith("delivery/", StringComparison.Ordinal)));
        Assert.Contains("name: \"api-deployment\"", Files()["templates/api/deployment.yaml"], StringComparison.Ordinal);
        Assert.Contains("Mode: {{ .Values.config.api.Mode | quote }}", Files()["templates/api/config.yaml"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_key_that_a_template_reads_is_in_the_values()
    {
        await PublishAsync(builder =>
        {
            var region = builder.AddParameter("region", "eu");
            var postgres = builder.AddPostgres("pg");
            builder.AddContainer("api", "example/api", "1.2").WithHttpEndpoint(targetPort: 8080).WithEnvironment("Region", region)
                .WithReference(postgres.AddDatabase("orders")).WaitFor(postgres)
                .PublishAsKubernetesService(kubernetes => kubernetes.Workload!.Metadata.Annotations["size"] = "{{ ((.Values.sizes).api).large | default `7` }}");
        });

        var values = YamlDocuments.Parse(Files()["values.yaml"]).Single();
        var paths = Files().Where(file => file.Key.StartsWith("templates/", StringComparison.Ordinal) && file.Key != "templates/_helpers.tpl")
            .SelectMany(file => ReadKey().Matches(file.Value)).Select(match => match.Groups[1].Value.Replace(")", "", StringComparison.Ordinal).Trim('.')).Distinct().ToList();
        Assert.Contains("sizes.api.large", paths);
        Assert.All(paths, path => Assert.True(values.At(path) is not null, path));
        Assert.Equal("7", values.Text("sizes.api.large"));
    }

    [Fact]
    public async Task A_secret_of_this_machine_is_not_written()
    {
        await PublishAsync(
            builder => builder.AddContainer("api", "example/api", "1.2").WithEnvironment("Token", builder.AddParameter("token", secret: true)),
            "--Parameters:token=hunter2");

        Assert.All(Files().Values, text => Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal));
        Assert.Contains("required `secrets.token has no value` .Values.secrets.token", Files()["templates/api/secrets.yaml"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_probe_s_scheme_is_in_upper_case_and_a_volume_s_name_is_valid()
    {
        await PublishAsync(builder => builder.AddContainer("api", "example/api", "1.2").WithHttpEndpoint(targetPort: 8080, name: "web")
            .WithHttpProbe(ProbeType.Liveness, "/alive", endpointName: "web").WithVolume("My.App_data", "/data"));

        var deployment = YamlDocuments.Parse(Files()["templates/api/deployment.yaml"]).Single();
        var container = deployment.At("spec.template.spec.containers")![0];
        Assert.Equal("HTTP", container.Text("livenessProbe.httpGet.scheme"));
        Assert.Equal("my-app-data", container.At("volumeMounts")![0].Text("name"));
    }

    [Fact]
    public async Task A_store_gets_a_headless_service_and_claims_when_asked()
    {
        await PublishAsync(builder => builder.AddRedis("cache").WithDataVolume("cache-data"), environment => environment.DefaultStorageType = "pvc");

        var stateful = Files()["templates/cache/statefulset.yaml"];
        Assert.Contains("serviceName: \"cache-service\"", stateful, StringComparison.Ordinal);
        Assert.Contains("volumeClaimTemplates:", stateful, StringComparison.Ordinal);
        Assert.DoesNotContain("emptyDir", stateful, StringComparison.Ordinal);
        Assert.Contains("clusterIP: \"None\"", Files()["templates/cache/service.yaml"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_leaves_the_previous_chart_whole()
    {
        await PublishAsync(builder => builder.AddContainer("api", "example/api", "1.2"));
        var before = Files();

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => PublishAsync(builder =>
        {
            builder.AddContainer("other", "example/other", "1.0");
            builder.AddExecutable("tool", "tool", ".");
        }));

        Assert.Contains("'tool'", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Files());
        Assert.Equal([Output], Directory.GetFileSystemEntries(_temporary.FullName));
    }

    [Fact]
    public async Task A_directory_of_something_else_is_left_alone()
    {
        Directory.CreateDirectory(Output);
        await File.WriteAllTextAsync(Path.Combine(Output, "thesis.txt"), "ten years of work", TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<DistributedApplicationException>(() => PublishAsync(builder => builder.AddContainer("api", "example/api", "1.2")));

        Assert.Equal(["thesis.txt"], Files().Keys);
    }

    [Fact]
    public async Task What_is_gone_from_the_model_is_gone_from_the_chart()
    {
        await PublishAsync(builder => builder.AddContainer("old", "example/old", "1.0"));
        await PublishAsync(builder => builder.AddContainer("new", "example/new", "1.0"));

        Assert.DoesNotContain(Files().Keys, file => file.Contains("/old/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_bind_mount_is_refused()
    {
        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => PublishAsync(builder => builder.AddContainer("api", "example/api", "1.2").WithBindMount("/etc", "/data")));

        Assert.Contains("Bind mounts are not supported", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_documents_of_one_file_are_refused()
    {
        await Assert.ThrowsAsync<DistributedApplicationException>(() => PublishAsync(builder => builder.AddContainer("api", "example/api", "1.2")
            .PublishAsKubernetesService(kubernetes => kubernetes.AdditionalResources.Add(new ConfigMap { Metadata = { Name = "api-deployment" } }))));
    }

    [Fact]
    public void Without_an_environment_nothing_can_be_published_as_a_service()
    {
        var builder = DistributedApplication.CreateBuilder(["--operation", "publish", "--step", "publish"]);

        Assert.Throws<DistributedApplicationException>(() => builder.AddContainer("api", "example/api", "1.2").PublishAsKubernetesService(_ => { }));
    }

    [Fact]
    public void In_run_mode_the_environment_is_not_in_the_model()
    {
        var builder = DistributedApplication.CreateBuilder(["--ephemeral"]);

        builder.AddKubernetesEnvironment("k8s");
        builder.AddContainer("api", "example/api", "1.2").PublishAsKubernetesService(_ => throw new InvalidOperationException());

        Assert.Equal(["api"], builder.Resources.Select(resource => resource.Name));
    }

    [Fact]
    public async Task A_step_of_another_environment_is_not_published()
    {
        await Assert.ThrowsAsync<DistributedApplicationException>(() => PublishAsync(builder => builder.AddContainer("api", "example/api", "1.2"), "--step", "publish-elsewhere"));

        await PublishAsync(builder => builder.AddContainer("api", "example/api", "1.2"), "--step", "publish-k8s");
        Assert.NotEmpty(Files());
    }

    [Fact]
    public async Task A_marked_document_is_there_only_under_its_condition()
    {
        await PublishAsync(builder => builder.AddContainer("api", "example/api", "1.2").PublishAsKubernetesService(kubernetes => kubernetes.AdditionalResources.Add(
            new ConfigMap { Metadata = { Name = "api-extra", Annotations = { ["chart/when"] = "extra.enabled,!plain.enabled=true" } }, Data = { ["a"] = "b" } })));

        var text = Files()["templates/api/extra.yaml"];
        Assert.StartsWith("{{- if and .Values.extra.enabled (not .Values.plain.enabled) }}\n---\n", text, StringComparison.Ordinal);
        Assert.EndsWith("{{- end }}\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("chart/when", text, StringComparison.Ordinal);
        var values = YamlDocuments.Parse(Files()["values.yaml"]).Single();
        Assert.Equal(("false", "true"), (values.Text("extra.enabled"), values.Text("plain.enabled")));
    }

    public void Dispose() => _temporary.Delete(recursive: true);

    private async Task PublishAsync(Action<IDistributedApplicationBuilder> declare, params string[] arguments) => await PublishAsync(declare, _ => { }, arguments);

    private async Task PublishAsync(Action<IDistributedApplicationBuilder> declare, Action<KubernetesEnvironmentResource> configure, params string[] arguments)
    {
        var builder = DistributedApplication.CreateBuilder(["--operation", "publish", "--step", "publish", "--output-path", Output, .. arguments]);
        builder.AddKubernetesEnvironment("k8s").WithProperties(configure);
        declare(builder);
        await using var application = builder.Build();
        await application.StartAsync(TestContext.Current.CancellationToken);
    }

    private SortedDictionary<string, string> Files() => new(
        Directory.GetFiles(Output, "*", SearchOption.AllDirectories).ToDictionary(path => Path.GetRelativePath(Output, path), File.ReadAllText), StringComparer.Ordinal);

    [GeneratedRegex(@"\.Values((?:\)*\.\w+)+)")]
    private static partial Regex ReadKey();
}
