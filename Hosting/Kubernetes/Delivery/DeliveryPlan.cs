using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Kubernetes.Delivery;

/// <summary>What has to be built and shipped, as the model knows it.</summary>
/// <param name="ChartPath">Where the chart is, seen from the repository.</param>
/// <param name="TestCommand">Tests everything.</param>
/// <param name="SecretOwners">Keys below <c>existingSecrets</c>.</param>
/// <param name="Stores">Keys below <c>stores</c>.</param>
internal sealed record DeliveryPlan(
    string ChartName,
    string Version,
    string AppHostPath,
    string ChartPath,
    string TestCommand,
    IReadOnlyList<DeliveredImage> Images,
    IReadOnlyList<string> SecretOwners,
    IReadOnlyList<string> Stores)
{
    public const string Registry = "registry.example.com";
    public const string Repository = "https://git.example.com/team/application.git";

    public static DeliveryPlan Of(IDistributedApplicationBuilder application, string chartName, string version, string output, IReadOnlyList<KubernetesResource> published, System.Text.Json.Nodes.JsonObject values)
    {
        var root = RootOf(application.AppHostDirectory);
        return new DeliveryPlan(
            chartName,
            version,
            Relative(root, application.AppHostDirectory),
            Relative(root, output),
            File.Exists(Path.Combine(root, "test.sh")) ? "./test.sh" : "dotnet test --configuration Release",
            [.. published.Select(resource => resource.Target).OfType<ProjectResource>().Select(project => new DeliveredImage(Charts.KubernetesNames.Of(project), Relative(root, project.GetProjectPath())))],
            KeysOf(values, "existingSecrets"),
            KeysOf(values, "stores"));
    }

    private static string RootOf(string directory)
    {
        for (var candidate = new DirectoryInfo(directory); candidate is not null; candidate = candidate.Parent)
        {
            if (candidate.EnumerateFiles("*.sln").Concat(candidate.EnumerateFiles("*.slnx")).Any())
            {
                return candidate.FullName;
            }
        }

        return directory;
    }

    // A chart outside of the repository is known by its name there.
    private static string Relative(string root, string path)
    {
        var relative = Path.GetRelativePath(root, path).Replace('\\', '/');
        return relative.StartsWith("..", StringComparison.Ordinal) ? $"deploy/{Path.GetFileName(path)}" : relative;
    }

    private static List<string> KeysOf(System.Text.Json.Nodes.JsonObject values, string section) =>
        values[section] is System.Text.Json.Nodes.JsonObject keys ? [.. keys.Select(pair => pair.Key)] : [];
}

/// <param name="Name">Of the image and the resource.</param>
/// <param name="Project">Path of the project, seen from the repository.</param>
internal sealed record DeliveredImage(string Name, string Project);
