using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Native;
using Aspire.Hosting.Processes;
using Aspire.Hosting.Projects;

namespace Aspire.Hosting.Running;

/// <summary>Turns a resource of the model into a process to start: program, arguments, variables.</summary>
internal static class ProcessPreparation
{
    public static async Task<(ProcessSpecification Process, IReadOnlyDictionary<string, string> Variables)> PrepareAsync(
        InstanceServices services, IResource resource, CancellationToken cancellationToken)
    {
        var logger = services.Loggers.GetLogger(resource);
        if (resource.TryGetLastAnnotation<NativeProcessAnnotation>(out var native))
        {
            var volume = resource.Annotations.OfType<ContainerMountAnnotation>().FirstOrDefault(mount => mount.Type == ContainerMountType.Volume);
            var bind = resource.Annotations.OfType<ContainerMountAnnotation>().FirstOrDefault(mount => mount.Type == ContainerMountType.BindMount);
            var data = volume is not null ? services.Data.Volume(volume.Source ?? resource.Name)
                : bind?.Source is { } source ? Directory.CreateDirectory(source).FullName
                : services.Data.Session(resource.Name);
            var context = new NativeProcessContext(
                resource, data, services.Data.Settings(resource.Name), IsDurable: (volume ?? bind) is not null && !services.Data.IsEphemeral,
                services.Data, services.Configuration["AppHost:Directory"] ?? ".", services.Provider, logger);
            return (await native.Prepare(context, cancellationToken), new Dictionary<string, string>());
        }

        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in await resource.CollectEnvironmentAsync(services.Execution, logger, cancellationToken))
        {
            if (await ResourceExtensions.ResolveAsync(value, services.Execution, resource, cancellationToken) is { } text)
            {
                variables[name] = text;
            }
        }

        var arguments = new List<string>();
        foreach (var value in await resource.CollectArgumentsAsync(services.Execution, logger, cancellationToken))
        {
            if (await ResourceExtensions.ResolveAsync(value, services.Execution, resource, cancellationToken) is { } text)
            {
                arguments.Add(text);
            }
        }

        var process = resource switch
        {
            ProjectResource project => await PrepareProjectAsync(services, project, arguments, cancellationToken),
            ExecutableResource executable => new ProcessSpecification(executable.Command, arguments, executable.WorkingDirectory),
            _ => throw new DistributedApplicationException($"The built-in host cannot start '{resource.Name}', a {resource.GetType().Name}."),
        };
        return (process with { Environment = variables.ToDictionary(variable => variable.Key, variable => (string?)variable.Value) }, variables);
    }

    private static async Task<ProcessSpecification> PrepareProjectAsync(
        InstanceServices services, ProjectResource project, List<string> arguments, CancellationToken cancellationToken)
    {
        var projectPath = project.GetProjectPath();
        var profileArguments = project.TryGetLastAnnotation<LaunchProfileArgumentsAnnotation>(out var profile) ? profile.Arguments : [];
        var target = await services.Projects.GetAsync(projectPath, services.Loggers.GetLogger(project), cancellationToken);
        return target.ToProcess([.. profileArguments, .. arguments], Path.GetDirectoryName(projectPath)!);
    }
}
