using System.Text.Json.Nodes;
using CloudNativeAi.Deployment.Tests.Policies;
using CloudNativeAi.Deployment.Tests.Support;
using k8s;

namespace CloudNativeAi.Deployment.Tests;

/// <summary>The chart of the application, as helm renders it, in every variant of deploy/values.</summary>
public sealed class ChartTests(PublishedChart chart)
{
    private static readonly string[] BuiltInApis = ["v1", "apps/v1", "autoscaling/v2", "networking.k8s.io/v1", "policy/v1"];

    public static TheoryData<string> Variants => [.. PublishedChart.Variants];

    public static TheoryData<string, string> Mutations =>
        [.. PolicyRules.All.SelectMany(rule => rule.Mutations.Select(mutation => new TheoryDataRow<string, string>(rule.Name, mutation.What)))];

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Helm_finds_nothing_wrong_with_the_chart(string variant)
    {
        var output = await KubernetesTools.HelmAsync(["lint", "--strict", chart.Directory, .. PublishedChart.ValuesOf(variant)]);

        Assert.Contains("0 chart(s) failed", output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Every_document_is_valid_by_the_schema_of_its_kind(string variant)
    {
        KubernetesSchemas.Require();
        var rendering = await chart.RenderAsync(variant);

        var errors = new List<string>();
        foreach (var document in rendering.Documents)
        {
            errors.AddRange(await KubernetesSchemas.ErrorsAsync(document));
        }

        Assert.Empty(errors);
    }

    [Fact]
    public async Task The_schemas_refuse_what_they_do_not_know()
    {
        KubernetesSchemas.Require();
        var rendering = await chart.RenderAsync(PublishedChart.Default);
        var deployment = rendering.Get("Deployment", "web-deployment");
        deployment.Spec["template"]!["spec"]!["containers"]![0]!["livenessProbe"]!["http"] = new JsonObject();

        Assert.NotEmpty(await KubernetesSchemas.ErrorsAsync(deployment));
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Every_document_of_Kubernetes_itself_loads_strictly_into_its_client(string variant)
    {
        var rendering = await chart.RenderAsync(variant);

        var texts = rendering.Yaml.Split("\n---\n").Where(text => YamlDocuments.Parse(text).Any(node => BuiltInApis.Contains(node.Text("apiVersion")))).ToList();
        var objects = texts.SelectMany(text => KubernetesYaml.LoadAllFromString(text, typeMap: null, strict: true)).ToList();

        Assert.Equal(rendering.Documents.Count(document => BuiltInApis.Contains(document.ApiVersion)), objects.Count);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Every_rule_of_the_platform_holds(string variant)
    {
        var rendering = await chart.RenderAsync(variant);

        Assert.Empty(PolicyRules.All.SelectMany(rule => rule.Violations(rendering).Select(violation => $"{rule.Name}: {violation}")));
    }

    [Theory]
    [MemberData(nameof(Mutations))]
    public async Task A_rule_notices_when_it_is_broken(string rule, string mutation)
    {
        var broken = PolicyRules.Get(rule);
        var rendering = await chart.RenderAsync(broken.Variant);
        Assert.Empty(broken.Violations(rendering));

        broken.Mutations.Single(candidate => candidate.What == mutation).Break(rendering);

        Assert.NotEmpty(broken.Violations(rendering));
    }

    [Fact]
    public async Task Counts()
    {
        var documents = 0;
        foreach (var variant in PublishedChart.Variants)
        {
            documents += (await chart.RenderAsync(variant)).Documents.Count;
        }

        var mutations = PolicyRules.All.Sum(rule => rule.Mutations.Count());
        Console.WriteLine($"{documents} documents in {PublishedChart.Variants.Count} variants, {PolicyRules.All.Count} rules, {mutations} mutations");
        Assert.All(PolicyRules.All, rule => Assert.NotEmpty(rule.Mutations));
        Assert.True(documents > 500 && mutations > PolicyRules.All.Count);
    }
}
