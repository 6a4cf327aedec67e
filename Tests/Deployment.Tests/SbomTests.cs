using System.Text.Json.Nodes;
using CloudNativeAi.Deployment.Tests.Support;
using CloudNativeAi.TestSupport;
using NJsonSchema;

namespace CloudNativeAi.Deployment.Tests;

/// <summary>What <c>deploy/sbom.cs</c> writes of the services' packages, and what it refuses.</summary>
public sealed class SbomTests : IDisposable
{
    private const string Schemas = "@cyclonedx/cyclonedx-library@10.3.0";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sbom-");

    [Fact]
    public async Task Every_service_has_a_valid_bill_of_exactly_the_packages_that_it_runs_with()
    {
        await Command.OutputAsync("dotnet", "run", Path.Combine(Repository.Root, "deploy", "sbom.cs"), "--", "--output", _directory.FullName);
        var schema = await SchemaAsync();

        var bills = _directory.GetFiles("*.cdx.json");
        Assert.Equal(7, bills.Length);
        foreach (var file in bills)
        {
            var text = await File.ReadAllTextAsync(file.FullName, TestContext.Current.CancellationToken);
            Assert.Empty(schema.Validate(text));

            var bill = JsonNode.Parse(text)!;
            var service = file.Name[..^".cdx.json".Length];
            Assert.Equal(PackagesOf(service), Json.Items(bill["components"]).Select(component => $"{component.Text("name")}/{component.Text("version")}").Order(StringComparer.Ordinal));

            var references = Json.Items(bill["components"]).Select(component => component.Text("bom-ref")!).Append(service).ToHashSet();
            var dependencies = Json.Items(bill["dependencies"]).ToDictionary(dependency => dependency.Text("ref")!, dependency => Json.Texts(dependency["dependsOn"]).ToList());
            Assert.Equal(references, [.. dependencies.Keys]);
            Assert.Equal(references.Order(StringComparer.Ordinal), Reached(service, dependencies).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task A_licence_that_nobody_allowed_is_refused_by_name()
    {
        var script = Path.Combine(_directory.CreateSubdirectory("deploy").FullName, "sbom.cs");
        File.Copy(Path.Combine(Repository.Root, "deploy", "sbom.cs"), script);
        var package = _directory.CreateSubdirectory("packages/copyleft/1.0.0");
        await File.WriteAllTextAsync(
            Path.Combine(package.FullName, "copyleft.nuspec"),
            "<package><metadata><id>Copyleft</id><license type=\"expression\">AGPL-3.0-only</license></metadata></package>",
            TestContext.Current.CancellationToken);
        foreach (var project in (string[])["Ingestion", "FeatureStore", "ModelRegistry", "Training", "Monitoring", "Inference", "Web"])
        {
            await File.WriteAllTextAsync(
                Path.Combine(_directory.CreateSubdirectory($"artifacts/obj/{project}").FullName, "project.assets.json"),
                """
                {
                  "targets": {"net10.0": {"Copyleft/1.0.0": {"type": "package", "runtime": {"lib/a.dll": {}}}}},
                  "libraries": {"Copyleft/1.0.0": {"type": "package", "sha512": "AAAA", "path": "copyleft/1.0.0"}},
                  "project": {"version": "1.0.0", "frameworks": {"net10.0": {"dependencies": {"Copyleft": {}}}}},
                  "packageFolders": {"PACKAGES/": {}}
                }
                """.Replace("PACKAGES", Path.Combine(_directory.FullName, "packages"), StringComparison.Ordinal),
                TestContext.Current.CancellationToken);
        }

        var run = await Command.RunAsync("dotnet", ["run", script, "--", "--output", Path.Combine(_directory.FullName, "out")]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("pkg:nuget/Copyleft@1.0.0: the licence 'AGPL-3.0-only' is not allowed.", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    // What the runtime itself loads by.
    private static IEnumerable<string> PackagesOf(string service)
    {
        var folder = Path.Combine(Repository.Root, "artifacts", "bin", service, new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Name);
        var dependencies = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, $"CloudNativeAi.{service}.deps.json")))!;
        return dependencies["targets"]!.AsObject().Single().Value!.AsObject()
            .Where(library => library.Value!["runtime"] is not null || library.Value["runtimeTargets"] is not null)
            .Select(library => library.Key)
            .Where(key => dependencies["libraries"]![key].Text("type") == "package")
            .Order(StringComparer.Ordinal);
    }

    private static HashSet<string> Reached(string from, Dictionary<string, List<string>> dependencies)
    {
        var reached = new HashSet<string> { from };
        var open = new Stack<string>(reached);
        while (open.TryPop(out var reference))
        {
            foreach (var next in dependencies[reference].Where(reached.Add))
            {
                open.Push(next);
            }
        }

        return reached;
    }

    private async Task<JsonSchema> SchemaAsync()
    {
        var folder = Path.Combine(_directory.FullName, "schema");
        var problem = await NpmPackage.FetchAsync(Schemas, "package/res/schema/", extracted => Directory.Move(extracted, folder));
        Assert.SkipWhen(problem is not null, $"The schema could not be fetched: {problem}");
        return await JsonSchema.FromFileAsync(Path.Combine(folder, "bom-1.6.SNAPSHOT.schema.json"), TestContext.Current.CancellationToken);
    }
}
