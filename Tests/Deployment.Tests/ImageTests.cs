using System.Text.Json.Nodes;
using CloudNativeAi.Deployment.Tests.Support;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Deployment.Tests;

/// <summary>Images as <c>dotnet publish -t:PublishContainer</c> makes them, without a daemon.</summary>
public sealed class ImageTests(PublishedChart chart)
{
    [Fact]
    public async Task An_image_is_named_as_the_chart_looks_for_it_and_runs_as_any_user_of_group_0()
    {
        await using var registry = await ImageRegistry.StartAsync(TestContext.Current.CancellationToken);
        var name = PodTemplate.Of((await chart.RenderAsync(PublishedChart.Default)).Get("Deployment", "ingestion-deployment"))!.Containers.Single().Text("image")!;
        var configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Name;

        var publish = await Command.RunAsync("dotnet", [
            "publish", Path.Combine(Repository.Root, "Services", "Ingestion", "Ingestion.csproj"), "--no-build", "--nologo", "--configuration", char.ToUpperInvariant(configuration[0]) + configuration[1..],
            "-t:PublishContainer", $"-p:ContainerBaseImage={registry.Address}/base:1", $"-p:ContainerRegistry={registry.Address}",
        ]);
        Assert.True(publish.ExitCode == 0, publish.Output + publish.Error);

        var image = JsonNode.Parse(await registry.ConfigurationAsync(name))!;
        Assert.Equal("1654:0", image.Text("config.User"));
        Assert.Equal("CloudNativeAi Ingestion", image.At("config.Labels")?["org.opencontainers.image.title"]?.ToString());
        Assert.Contains("Ingestion", image.At("config.Entrypoint")!.ToJsonString(), StringComparison.Ordinal);
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
