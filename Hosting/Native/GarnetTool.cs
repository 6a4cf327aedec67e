using System.Text.Json;
using Aspire.Hosting.Processes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Native;

/// <summary>Finds the assembly of a .NET tool in the package folder: starting it directly saves the seconds that <c>dotnet tool run</c> costs.</summary>
internal static class GarnetTool
{
    private const string AssemblyName = "GarnetServer.dll";

    public static async Task<string> FindAsync(string toolId, NativeProcessContext context, CancellationToken cancellationToken)
    {
        var manifest = FindManifest(context.AppHostDirectory)
            ?? throw new DistributedApplicationException($"There is no .config/dotnet-tools.json above '{context.AppHostDirectory}', which names the tool '{toolId}' that stands in for Redis.");
        var version = ReadVersion(manifest, toolId);
        if (Find(toolId, version) is { } found)
        {
            return found;
        }

        context.Logger.LogInformation("Restoring the tool {Tool} {Version}", toolId, version);
        var directory = Path.GetDirectoryName(Path.GetDirectoryName(manifest))!;
        var restore = await context.Services.GetRequiredService<ProcessSupervisor>().RunAsync(
            new ProcessSpecification("dotnet", ["tool", "restore"], directory), cancellationToken);
        return restore.ExitCode == 0 && Find(toolId, version) is { } restored
            ? restored
            : throw new DistributedApplicationException($"'dotnet tool restore' in '{directory}' did not bring {toolId} {version}:{Environment.NewLine}{restore.Output}");
    }

    private static string? Find(string toolId, string version)
    {
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var tools = Path.Combine(packages, toolId, version, "tools");

        // The newest framework that this runtime can run.
        return Directory.Exists(tools)
            ? Directory.GetFiles(tools, AssemblyName, SearchOption.AllDirectories)
                .Select(path => (Path: path, Framework: FrameworkOf(path)))
                .Where(candidate => candidate.Framework <= Environment.Version.Major)
                .OrderByDescending(candidate => candidate.Framework)
                .Select(candidate => candidate.Path)
                .FirstOrDefault()
            : null;
    }

    private static int FrameworkOf(string path)
    {
        var folder = path.Split(Path.DirectorySeparatorChar).LastOrDefault(part => part.StartsWith("net", StringComparison.Ordinal) && part.Length > 3 && char.IsAsciiDigit(part[3]));
        return folder is not null && Version.TryParse(folder[3..], out var version) ? version.Major : int.MaxValue;
    }

    private static string? FindManifest(string directory)
    {
        for (var current = new DirectoryInfo(directory); current is not null; current = current.Parent)
        {
            var path = Path.Combine(current.FullName, ".config", "dotnet-tools.json");
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    private static string ReadVersion(string manifest, string toolId)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(manifest));
        return document.RootElement.GetProperty("tools").TryGetProperty(toolId, out var tool)
            ? tool.GetProperty("version").GetString()!
            : throw new DistributedApplicationException($"'{manifest}' does not name the tool '{toolId}'.");
    }
}
