using System.Text.Json.Nodes;
using CloudNativeAi.Deployment.Tests.Cluster;
using CloudNativeAi.Deployment.Tests.Support;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Deployment.Tests;

/// <summary>Images as <c>dotnet publish -t:PublishContainer</c> makes them, without a daemon.</summary>
[Collection(ClusterCollection.Name)]
public sealed class ImageTests(PublishedChart chart, RunningChart cluster)
{
    [Fact]
    public async Task An_image_is_named_as_the_chart_looks_for_it_and_runs_as_any_user_of_group_0()
    {
        var images = await cluster.ImagesAsync();
        var name = PodTemplate.Of((await chart.RenderAsync(PublishedChart.Default)).Get("Deployment", "ingestion-deployment"))!.Containers.Single().Text("image")!;

        var image = JsonNode.Parse(await images.ConfigurationAsync(name))!;
        Assert.Equal("1654:0", image.Text("config.User"));
        Assert.Equal("CloudNativeAi Ingestion", image.At("config.Labels")?["org.opencontainers.image.title"]?.ToString());
        Assert.Contains("Ingestion", image.At("config.Entrypoint")!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trivy_finds_neither_a_misconfiguration_nor_a_secret_in_an_image_and_sees_its_packages()
    {
        var images = await cluster.ImagesAsync();
        var directory = Directory.CreateTempSubdirectory("image-");
        try
        {
            var layout = Path.Combine(directory.FullName, "inference");
            await images.PullAsync("inference:0.1.0", layout);

            var (found, packages) = await Trivy.ImageAsync(layout);

            Assert.Empty(found);
            Assert.Equal(9, packages);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("FeatureStore", "feature-store")]
    [InlineData("Inference", "inference")]
    [InlineData("ModelRegistry", "model-registry")]
    [InlineData("Monitoring", "monitoring")]
    [InlineData("Training", "training")]
    public async Task A_service_s_image_has_the_name_of_its_resource(string project, string name)
    {
        var output = await Command.RunAsync("dotnet", [
            "msbuild", Path.Combine(Repository.Root, "Services", project, $"{project}.csproj"), "-getProperty:ContainerRepository", "-getProperty:ContainerImageTag",
        ]);

        var properties = JsonNode.Parse(output.Output)!["Properties"];
        var image = PodTemplate.Of((await chart.RenderAsync(PublishedChart.Default)).Get("Deployment", $"{name}-deployment"))!.Containers.Single().Text("image");
        Assert.Equal(image, $"{properties.Text("ContainerRepository")}:{properties.Text("ContainerImageTag")}");
    }
}
