extern alias AppHost;

using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.EndToEnd.Tests.Publishing;

/// <summary>The manifest at the root is the one that the AppHost writes.</summary>
public sealed class ManifestTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Manifest_at_the_root_is_up_to_date()
    {
        // Beside the checked-in one, because paths in it are relative to it.
        var path = System.IO.Path.Combine(Repository.Root, $"aspire-manifest.{Environment.ProcessId}.json");
        try
        {
            await PublishAsync(path);

            var current = await File.ReadAllTextAsync(path, CancellationToken);
            var checkedIn = await File.ReadAllTextAsync(System.IO.Path.Combine(Repository.Root, "aspire-manifest.json"), CancellationToken);
            Assert.True(current == checkedIn, "aspire-manifest.json is stale. Write it again: dotnet run --project AppHost -- --publisher manifest --output-path aspire-manifest.json");
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Every_expression_of_the_manifest_refers_to_something_in_it()
    {
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(System.IO.Path.Combine(Repository.Root, "aspire-manifest.json"), CancellationToken))!;
        var resources = manifest["resources"]!.AsObject();

        var expressions = Strings(manifest).SelectMany(text => System.Text.RegularExpressions.Regex.Matches(text, @"\{([^{}]+)\}")).Select(match => match.Groups[1].Value).Distinct().ToList();

        Assert.NotEmpty(expressions);
        Assert.All(expressions, expression => Assert.True(Resolves(resources, expression.Split('.')), $"'{{{expression}}}' leads nowhere."));
    }

    private static bool Resolves(JsonObject resources, string[] parts) => (resources[parts[0]], parts[1..]) switch
    {
        (null, _) => false,
        ({ } resource, ["bindings", var name, "targetPort"]) => resource["bindings"]?[name]?["targetPort"] is not null,
        ({ } resource, ["bindings", var name, "url" or "host" or "port" or "scheme" or "hostAndPort"]) => resource["bindings"]?[name] is not null,
        ({ } resource, ["inputs", var name]) => resource["inputs"]?[name] is not null,
        ({ } resource, [var property]) => resource[property] is not null,
        _ => false,
    };

    private static IEnumerable<string> Strings(JsonNode? node) => node switch
    {
        JsonObject entries => entries.SelectMany(entry => Strings(entry.Value)),
        JsonArray items => items.SelectMany(Strings),
        JsonValue value when value.TryGetValue<string>(out var text) => [text],
        _ => [],
    };

    private static async Task PublishAsync(string path)
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<AppHost::Program>(["--publisher", "manifest", "--output-path", path], CancellationToken);
        await using var application = await builder.BuildAsync(CancellationToken);
        await application.StartAsync(CancellationToken);
        await application.StopAsync(CancellationToken);
    }
}
