using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests;

/// <summary>What a scanner that knows nothing of this chart says about it.</summary>
public sealed class MisconfigurationTests(PublishedChart chart)
{
    // A config map with a user's name: what needs no password is no secret.
    private const string UserName = "_USERNAME\"}";

    [Fact]
    public async Task Trivy_finds_no_misconfiguration_in_any_variant()
    {
        var documents = new HashSet<string>();
        foreach (var variant in PublishedChart.Variants)
        {
            documents.UnionWith((await chart.RenderAsync(variant)).Documents.Select(document => document.Node.ToJsonString()));
        }

        var found = await ScanAsync(documents);

        // It read the config maps, too.
        Assert.Contains(found, problem => problem.Contains(UserName, StringComparison.Ordinal));
        Assert.DoesNotContain(found, problem => !problem.Contains(UserName, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Trivy_notices_a_privileged_container()
    {
        var deployment = (await chart.RenderAsync(PublishedChart.Default)).Get("Deployment", "web-deployment");
        PodTemplate.Of(deployment)!.Containers.Single()["securityContext"]!["privileged"] = true;

        Assert.Contains(await ScanAsync([deployment.Node.ToJsonString()]), problem => problem.Contains("privileged", StringComparison.Ordinal));
    }

    // JSON is YAML, but trivy reads only one document of it from a file.
    private static async Task<IReadOnlyList<string>> ScanAsync(IEnumerable<string> documents)
    {
        var directory = Directory.CreateTempSubdirectory("trivy-");
        try
        {
            foreach (var (index, document) in documents.Index())
            {
                await File.WriteAllTextAsync(Path.Combine(directory.FullName, $"{index}.yaml"), document, TestContext.Current.CancellationToken);
            }

            return await Trivy.MisconfigurationsAsync(directory.FullName);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
