using CloudNativeAi.Deployment.Tests.Support;
using CloudNativeAi.TestSupport;

[assembly: AssemblyFixture(typeof(PublishedChart))]

namespace CloudNativeAi.Deployment.Tests.Support;

/// <summary>The chart as <c>dotnet run --project AppHost -- --operation publish --step publish</c> writes it, and what helm makes of it.</summary>
public sealed class PublishedChart : IAsyncLifetime
{
    public const string Default = "default";
    public const string Release = "cnai";
    public const string Namespace = "ml";

    private static readonly string ValuesDirectory = Path.Combine(Repository.Root, "deploy", "values");

    private readonly DirectoryInfo _temporary = System.IO.Directory.CreateTempSubdirectory("chart-");
    private readonly Dictionary<string, Rendering> _renderings = [];
    private readonly SemaphoreSlim _turn = new(1);

    public static IReadOnlyList<string> Variants { get; } =
        [Default, .. System.IO.Directory.GetFiles(ValuesDirectory, "*.yaml").Select(path => Path.GetFileNameWithoutExtension(path)).Order()];

    public string Directory => Path.Combine(_temporary.FullName, "helm");

    /// <summary>The AppHost as it was built with these tests.</summary>
    public static string AppHost { get; } = Path.Combine(
        Repository.Root, "artifacts", "bin", "AppHost", new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Name, "CloudNativeAi.AppHost.dll");

    public static string[] ValuesOf(string variant) => variant == Default ? [] : ["--values", Path.Combine(ValuesDirectory, $"{variant}.yaml")];

    public static async Task<(int ExitCode, string Output, string Error)> PublishAsync(string output) =>
        await Command.RunAsync("dotnet", [AppHost, "--operation", "publish", "--step", "publish", "--output-path", output]);

    public async ValueTask InitializeAsync()
    {
        var (exitCode, output, error) = await PublishAsync(Directory);
        Assert.True(exitCode == 0, $"The AppHost ended with {exitCode}: {error}{output}");
    }

    /// <summary>The documents of a variant; a copy, to change at will.</summary>
    internal Task<Rendering> RenderAsync(string variant) => RenderAsync(variant, ValuesOf(variant));

    /// <summary>The documents with values of one's own, under a name of one's own.</summary>
    internal async Task<Rendering> RenderAsync(string variant, params string[] values)
    {
        await _turn.WaitAsync();
        try
        {
            if (!_renderings.TryGetValue(variant, out var rendering))
            {
                var yaml = await KubernetesTools.HelmAsync(["template", Release, Directory, "--namespace", Namespace, .. values]);
                rendering = _renderings[variant] = new Rendering(variant, yaml);
            }

            return rendering.Copy();
        }
        finally
        {
            _turn.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        _temporary.Delete(recursive: true);
        _turn.Dispose();
        return ValueTask.CompletedTask;
    }
}
