using System.Text.Json.Nodes;
using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests;

/// <summary>The files that other tools deliver by, written from the same graph as the chart.</summary>
public sealed class DeliveryTests(PublishedChart chart)
{
    private static readonly string[] Services = ["feature-store", "inference", "ingestion", "model-registry", "monitoring", "training", "web"];

    private string Delivery => Path.Combine(chart.Directory, "delivery");

    [Theory]
    [InlineData("staging")]
    [InlineData("production")]
    public async Task Kubectl_builds_the_overlay(string overlay)
    {
        var directory = await RenderedKustomizationAsync();
        try
        {
            var rendering = new Rendering(overlay, await KubernetesTools.KubectlAsync("kustomize", Path.Combine(directory, "kustomize", "overlays", overlay)));

            Assert.Equal(new Rendering("base", await File.ReadAllTextAsync(Path.Combine(directory, "kustomize", "base", "chart.yaml"), TestContext.Current.CancellationToken)).Documents.Count, rendering.Documents.Count);
            Assert.All(rendering.Documents, document => Assert.Equal($"apphost-{overlay}", document.Node.Text("metadata.namespace")));
            Assert.All(rendering.Of("Deployment"), deployment => Assert.StartsWith("registry.example.com/apphost/", PodTemplate.Of(deployment)!.Containers.Single().Text("image"), StringComparison.Ordinal));
            Assert.Empty(rendering.Of("Secret"));
            if (overlay == "staging")
            {
                Assert.All(rendering.Of("HorizontalPodAutoscaler"), scaler => Assert.Equal("1", scaler.Spec.Text("minReplicas")));
            }
            else
            {
                Assert.All(rendering.Of("Deployment"), deployment => Assert.Equal("DoNotSchedule", PodTemplate.Of(deployment)!.Items("topologySpreadConstraints").First().Text("whenUnsatisfiable")));
            }

            Assert.Empty(await SchemaErrorsAsync(rendering.Documents));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Theory]
    [InlineData("argocd/application.yaml")]
    [InlineData("tekton/pipeline.yaml")]
    [InlineData("tekton/pipelinerun.yaml")]
    public async Task A_document_of_another_tool_is_valid_by_its_schema(string file)
    {
        var document = new ManifestDocument(Read(file));

        Assert.Empty(await SchemaErrorsAsync([document]));
    }

    [Fact]
    public async Task Helm_accepts_the_values_of_the_Argo_CD_application()
    {
        var values = Path.Combine(Path.GetTempPath(), $"argocd-{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(values, Read("argocd/application.yaml").At("spec.source.helm.valuesObject")!.ToJsonString(), TestContext.Current.CancellationToken);
        try
        {
            var rendering = new Rendering("argocd", await KubernetesTools.HelmAsync("template", "x", chart.Directory, "--values", values));

            Assert.Empty(rendering.Of("Secret"));
        }
        finally
        {
            File.Delete(values);
        }
    }

    [Fact]
    public void Every_pipeline_builds_every_service()
    {
        Assert.Equal(Services, Json.Items(Read("github/deliver.yaml").At("jobs.image.strategy.matrix.include")).Select(entry => entry.Text("service")).Order());
        Assert.Equal(Services, Tasks().Single(task => task.Text("name") == "image").At("matrix.include")!.AsArray().Select(entry => entry.Text("name")).Order());
        var jenkins = File.ReadAllText(Path.Combine(Delivery, "jenkins", "Jenkinsfile"));
        Assert.All(Services, service => Assert.Contains($"'{service}': '", jenkins, StringComparison.Ordinal));
        Assert.Equal(jenkins.Count(character => character == '{'), jenkins.Count(character => character == '}'));
        Assert.All(
            Json.Items(Read("github/deliver.yaml").At("jobs.image.strategy.matrix.include")),
            entry => Assert.True(File.Exists(Path.Combine(TestSupport.Repository.Root, entry.Text("project")!)), entry.Text("project")));
    }

    [Fact]
    public void Pipelines_run_in_an_order_that_exists_and_know_their_parameters()
    {
        var jobs = Read("github/deliver.yaml")["jobs"]!.AsObject();
        Assert.All(jobs.Select(job => job.Value.Text("needs")).OfType<string>(), needed => Assert.Contains(needed, jobs.Select(job => job.Key)));

        var tasks = Tasks().Select(task => task.Text("name")!).ToList();
        foreach (var task in Tasks())
        {
            Assert.All(Json.Texts(task["runAfter"]), earlier => Assert.True(tasks.IndexOf(earlier) < tasks.IndexOf(task.Text("name")!) && tasks.Contains(earlier)));
            var declared = Json.Items(task.At("taskSpec.params")).Select(parameter => parameter.Text("name")!).ToHashSet();
            var used = Json.Items(task.At("taskSpec.steps")).SelectMany(step => System.Text.RegularExpressions.Regex.Matches(step.Text("script")!, @"\$\(params\.(\w+)\)")).Select(match => match.Groups[1].Value);
            Assert.Subset(declared, used.ToHashSet());
        }
    }

    [Fact]
    public async Task Delivery_files_are_no_part_of_the_packaged_chart()
    {
        var target = Directory.CreateTempSubdirectory("package-");
        try
        {
            await KubernetesTools.HelmAsync("package", chart.Directory, "--destination", target.FullName);
            var content = await Command.RunAsync("tar", ["tzf", target.GetFiles("*.tgz").Single().FullName]);

            Assert.Contains("apphost/values.schema.json", content.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("delivery", content.Output, StringComparison.Ordinal);
        }
        finally
        {
            target.Delete(recursive: true);
        }
    }

    private static async Task<IReadOnlyList<string>> SchemaErrorsAsync(IEnumerable<ManifestDocument> documents)
    {
        KubernetesSchemas.Require();
        var errors = new List<string>();
        foreach (var document in documents)
        {
            errors.AddRange(await KubernetesSchemas.ErrorsAsync(document));
        }

        return errors;
    }

    private List<JsonObject> Tasks() => [.. Json.Items(Read("tekton/pipeline.yaml").At("spec.tasks"))];

    private JsonObject Read(string file) => YamlDocuments.Parse(File.ReadAllText(Path.Combine(Delivery, file))).Single();

    // The script works beside the chart, and so on a copy of it.
    private async Task<string> RenderedKustomizationAsync()
    {
        await KubernetesTools.RequireAsync();
        var copy = Directory.CreateTempSubdirectory("kustomize-").FullName;
        await Command.RunAsync("cp", ["-r", $"{chart.Directory}/.", copy]);
        var render = await Command.RunAsync("env", [$"HELM={KubernetesTools.Helm}", "sh", Path.Combine(copy, "delivery", "kustomize", "render.sh")]);
        Assert.True(render.ExitCode == 0, render.Error);
        return Path.Combine(copy, "delivery");
    }
}
