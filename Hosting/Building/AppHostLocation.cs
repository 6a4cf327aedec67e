using System.Reflection;

namespace Aspire.Hosting.Building;

/// <summary>Where the AppHost's project is, as its build has written into the assembly.</summary>
internal sealed record AppHostLocation(string Directory, string Name, string? FilePath)
{
    public static AppHostLocation Find(DistributedApplicationOptions options, Assembly? assembly)
    {
        var metadata = assembly?.GetCustomAttributes<AssemblyMetadataAttribute>().ToList() ?? [];
        var directory = options.ProjectDirectory ?? Value("apphostprojectpath") ?? System.IO.Directory.GetCurrentDirectory();
        directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        var fileName = Value("apphostprojectname");
        var name = options.ProjectName ?? Path.GetFileNameWithoutExtension(fileName) ?? assembly?.GetName().Name ?? "AppHost";

        return new AppHostLocation(directory, name, fileName is null ? null : Path.Combine(directory, fileName));

        string? Value(string key) => metadata.FirstOrDefault(attribute => string.Equals(attribute.Key, key, StringComparison.OrdinalIgnoreCase))?.Value;
    }
}
