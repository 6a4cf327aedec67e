using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Publishing.Manifest;

/// <summary>The entry of each kind of resource.</summary>
internal sealed class ManifestEntries
{
    private readonly ManifestPublishingContext _context;
    private readonly ManifestReferences _references = new();
    private readonly ManifestParts _parts;

    public ManifestEntries(ManifestPublishingContext context)
    {
        _context = context;
        _parts = new ManifestParts(context, _references);
    }

    public async Task WriteAsync(IResource resource)
    {
        if (resource.TryGetLastAnnotation<ManifestPublishingCallbackAnnotation>(out var custom))
        {
            if (custom.Callback is { } callback)
            {
                await WriteObjectAsync(resource.Name, () => callback(_context));
            }

            return;
        }

        await (resource switch
        {
            ProjectResource project => WriteObjectAsync(project.Name, () => WriteProjectAsync(project)),
            ContainerResource container => WriteObjectAsync(container.Name, () => WriteContainerAsync(container)),
            ExecutableResource executable => WriteObjectAsync(executable.Name, () => WriteExecutableAsync(executable)),
            ParameterResource parameter => WriteObjectAsync(parameter.Name, () => WriteParameter(parameter)),
            IResourceWithConnectionString value => WriteObjectAsync(value.Name, () => WriteValue(value.ConnectionStringExpression)),
            _ => WriteObjectAsync(resource.Name, WriteUnsupported),
        });
    }

    /// <summary>What the written entries refer to and the model does not hold.</summary>
    public async Task WriteReferencedAsync(DistributedApplicationModel model)
    {
        foreach (var resource in _references.Resources.Where(resource => !model.Resources.Any(existing => existing.Name == resource.Name)))
        {
            await WriteAsync(resource);
        }

        foreach (var parameter in _references.PercentEncoded)
        {
            await WriteObjectAsync($"{parameter.Name}-uri-encoded", () =>
            {
                _context.Writer.WriteString("type", "annotated.string");
                _context.Writer.WriteString("value", parameter.ValueExpression);
                _context.Writer.WriteString("filter", "uri");
                return Task.CompletedTask;
            });
        }

        foreach (var conditional in _references.Conditionals)
        {
            await WriteObjectAsync(conditional.ConditionalName, async () => await WriteValue(await ChooseAsync(conditional)));
        }
    }

    private async Task WriteProjectAsync(ProjectResource project)
    {
        _context.Writer.WriteString("type", "project.v0");
        _context.Writer.WriteString("path", _context.GetManifestRelativePath(project.GetProjectPath()));
        await _parts.WriteArgumentsAsync(project);
        await _parts.WriteEnvironmentAsync(project);
        _parts.WriteBindings(project);
    }

    private async Task WriteContainerAsync(ContainerResource container)
    {
        if (container.TryGetLastAnnotation<DockerfileBuildAnnotation>(out var build))
        {
            _context.Writer.WriteString("type", "container.v1");
            _parts.WriteConnectionString(container);
            _parts.WriteBuild(build);
        }
        else
        {
            var image = container.TryGetContainerImageName(out var name) ? name : throw new DistributedApplicationException($"The container '{container.Name}' has no image.");
            _context.Writer.WriteString("type", "container.v0");
            _parts.WriteConnectionString(container);
            _context.Writer.WriteString("image", image);
        }

        if (container.Entrypoint is { } entrypoint)
        {
            _context.Writer.WriteString("entrypoint", entrypoint);
        }

        await _parts.WriteArgumentsAsync(container);
        _parts.WriteMounts(container);
        await _parts.WriteEnvironmentAsync(container);
        _parts.WriteBindings(container);
    }

    private async Task WriteExecutableAsync(ExecutableResource executable)
    {
        _context.Writer.WriteString("type", "executable.v0");
        _context.Writer.WriteString("workingDirectory", _context.GetManifestRelativePath(executable.WorkingDirectory));
        _context.Writer.WriteString("command", executable.Command);
        await _parts.WriteArgumentsAsync(executable);
        await _parts.WriteEnvironmentAsync(executable);
        _parts.WriteBindings(executable);
    }

    private Task WriteParameter(ParameterResource parameter)
    {
        var writer = _context.Writer;
        writer.WriteString("type", "parameter.v0");
        if (parameter.IsConnectionString)
        {
            writer.WriteString("connectionString", $"{{{parameter.Name}.value}}");
        }

        writer.WriteString("value", $"{{{parameter.Name}.inputs.value}}");
        writer.WriteStartObject("inputs");
        writer.WriteStartObject("value");
        writer.WriteString("type", "string");
        if (parameter.Secret)
        {
            writer.WriteBoolean("secret", true);
        }

        if (parameter.Default is { } byDefault)
        {
            writer.WriteStartObject("default");
            byDefault.WriteToManifest(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        return Task.CompletedTask;
    }

    private Task WriteValue(ReferenceExpression expression)
    {
        _references.Add(expression);
        _context.Writer.WriteString("type", "value.v0");
        _context.Writer.WriteString("connectionString", expression.ValueExpression);
        return Task.CompletedTask;
    }

    private Task WriteUnsupported()
    {
        _context.Writer.WriteString("error", "This resource does not support generation in the manifest.");
        return Task.CompletedTask;
    }

    // No reader of the manifest evaluates conditions: the branch is chosen when it is written.
    private async Task<ReferenceExpression> ChooseAsync(ReferenceExpression conditional)
    {
        var actual = await conditional.Condition!.GetValueAsync(new ValueProviderContext { ExecutionContext = _context.ExecutionContext }, _context.CancellationToken);
        return string.Equals(actual, conditional.MatchValue, StringComparison.OrdinalIgnoreCase) ? conditional.WhenTrue! : conditional.WhenFalse!;
    }

    private async Task WriteObjectAsync(string name, Func<Task> write)
    {
        _context.Writer.WriteStartObject(name);
        await write();
        _context.Writer.WriteEndObject();
    }
}
