using System.Text.Json;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Projects;

/// <summary>Which profile of a project's launch settings applies.</summary>
internal static class LaunchProfiles
{
    private static readonly JsonSerializerOptions Lenient = new(JsonSerializerDefaults.Web)
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <summary>The asked profile, else the AppHost's own if the project has it, else the first that runs the project.</summary>
    public static (string Name, LaunchProfile Profile)? Choose(ProjectResource resource, string projectPath, string? askedName, string? appHostProfileName)
    {
        var settings = Read(projectPath);
        if (askedName is not null)
        {
            return settings?.Profiles.TryGetValue(askedName, out var asked) == true
                ? (askedName, asked)
                : throw new DistributedApplicationException($"Launch settings file does not contain '{askedName}' profile for the project '{resource.Name}' ({projectPath}).");
        }

        if (settings is null)
        {
            return null;
        }

        if (appHostProfileName is not null && settings.Profiles.TryGetValue(appHostProfileName, out var shared))
        {
            return (appHostProfileName, shared);
        }

        foreach (var (name, profile) in settings.Profiles)
        {
            if (profile.CommandName is null or "" or "Project" or "Executable")
            {
                return (name, profile);
            }
        }

        return null;
    }

    private static LaunchSettings? Read(string projectPath)
    {
        var file = Path.Combine(Path.GetDirectoryName(projectPath)!, "Properties", "launchSettings.json");
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<LaunchSettings>(File.ReadAllText(file), Lenient);
        }
        catch (JsonException exception)
        {
            throw new DistributedApplicationException($"The launch settings '{file}' cannot be read: {exception.Message}", exception);
        }
    }
}
