using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using Aspire.Hosting.Processes;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Projects;

/// <summary>What a build has made of a project.</summary>
internal sealed record ProjectTarget(string AssemblyPath)
{
    /// <summary>The program beside the assembly, or the assembly run by <c>dotnet</c> where there is none.</summary>
    public ProcessSpecification ToProcess(IReadOnlyList<string> arguments, string workingDirectory)
    {
        var program = Path.ChangeExtension(AssemblyPath, null);
        return Programs.IsExecutable(program)
            ? new ProcessSpecification(program, arguments, workingDirectory)
            : new ProcessSpecification("dotnet", ["exec", AssemblyPath, .. arguments], workingDirectory);
    }
}

/// <summary>
/// Finds what to start for a project. The AppHost's build builds the projects it refers to and writes their outputs into its assembly
/// (Hosting.AppHost.targets), so that a start costs no MSBuild evaluation; any other project is built when it is first asked for.
/// </summary>
internal sealed class ProjectTargets(ProcessSupervisor processes, DistributedApplicationOptions options)
{
    public const string MetadataPrefix = "resourceproject:";

    private readonly ConcurrentDictionary<string, Task<ProjectTarget>> _built = new(StringComparer.Ordinal);
    private readonly Lazy<Dictionary<string, string>> _known = new(() => ReadMetadata(options.Assembly));

    public Task<ProjectTarget> GetAsync(string projectPath, ILogger logger, CancellationToken cancellationToken) =>
        _known.Value.TryGetValue(projectPath, out var path) && File.Exists(path)
            ? Task.FromResult(new ProjectTarget(path))
            : _built.GetOrAdd(projectPath, _ => BuildAsync(projectPath, logger, cancellationToken)).WaitAsync(cancellationToken);

    private static Dictionary<string, string> ReadMetadata(Assembly? assembly) =>
        (assembly?.GetCustomAttributes<AssemblyMetadataAttribute>() ?? [])
            .Where(attribute => attribute.Key.StartsWith(MetadataPrefix, StringComparison.Ordinal) && attribute.Value is not null)
            .ToDictionary(attribute => Path.GetFullPath(attribute.Key[MetadataPrefix.Length..]), attribute => attribute.Value!, StringComparer.Ordinal);

    private async Task<ProjectTarget> BuildAsync(string projectPath, ILogger logger, CancellationToken cancellationToken)
    {
        logger.LogInformation("Building {Project}", projectPath);
        var directory = Path.GetDirectoryName(projectPath)!;
        var build = await processes.RunAsync(
            new ProcessSpecification("dotnet", ["build", projectPath, "-v", "q", "-nologo", "-nodeReuse:false", "-getProperty:TargetPath", "-getProperty:OutputType"], directory), cancellationToken);
        if (build.ExitCode != 0)
        {
            throw new DistributedApplicationException($"'{projectPath}' does not build:{Environment.NewLine}{build.Output}");
        }

        var json = build.Output[build.Output.IndexOf('{', StringComparison.Ordinal)..];
        using var properties = JsonDocument.Parse(json);
        return new ProjectTarget(properties.RootElement.GetProperty("Properties").GetProperty("TargetPath").GetString()!);
    }
}
