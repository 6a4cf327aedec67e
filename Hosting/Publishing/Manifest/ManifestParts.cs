using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aspire.Hosting.Publishing.Manifest;

/// <summary>The parts that entries of several kinds share.</summary>
internal sealed class ManifestParts(ManifestPublishingContext context, ManifestReferences references)
{
    private readonly PublishedPorts _ports = new();

    public void WriteConnectionString(IResource resource)
    {
        if (resource is IResourceWithConnectionString { ConnectionStringExpression: var expression })
        {
            references.Add(expression);
            context.Writer.WriteString("connectionString", expression.ValueExpression);
        }
    }

    public async Task WriteArgumentsAsync(IResource resource)
    {
        var arguments = await resource.CollectArgumentsAsync(context.ExecutionContext, NullLogger.Instance, context.CancellationToken);
        if (arguments.Count == 0)
        {
            return;
        }

        context.Writer.WriteStartArray("args");
        foreach (var argument in arguments)
        {
            references.Add(argument);
            context.Writer.WriteStringValue(await ResolveAsync(argument, resource));
        }

        context.Writer.WriteEndArray();
    }

    public async Task WriteEnvironmentAsync(IResource resource)
    {
        var variables = await resource.CollectEnvironmentAsync(context.ExecutionContext, NullLogger.Instance, context.CancellationToken);
        if (variables.Count == 0)
        {
            return;
        }

        context.Writer.WriteStartObject("env");
        foreach (var (name, value) in variables)
        {
            references.Add(value);
            context.Writer.WriteString(name, await ResolveAsync(value, resource));
        }

        context.Writer.WriteEndObject();
    }

    public void WriteBindings(IResource resource)
    {
        var endpoints = _ports.Resolve(resource);
        if (endpoints.Count == 0)
        {
            return;
        }

        var writer = context.Writer;
        writer.WriteStartObject("bindings");
        foreach (var (endpoint, targetPort, exposedPort) in endpoints)
        {
            writer.WriteStartObject(endpoint.Name);
            writer.WriteString("scheme", endpoint.UriScheme);
            writer.WriteString("protocol", endpoint.Protocol.ToString().ToLowerInvariant());
            writer.WriteString("transport", endpoint.Transport);
            if (exposedPort is { } port)
            {
                writer.WriteNumber("port", port);
            }

            if (targetPort is { } target)
            {
                writer.WriteNumber("targetPort", target);
            }

            if (endpoint.IsExternal)
            {
                writer.WriteBoolean("external", true);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    public void WriteMounts(ContainerResource container)
    {
        WriteMounts("bindMounts", "source", ContainerMountType.BindMount, container, mount => context.GetManifestRelativePath(mount.Source));
        WriteMounts("volumes", "name", ContainerMountType.Volume, container, mount => mount.Source);
    }

    public void WriteBuild(DockerfileBuildAnnotation build)
    {
        var writer = context.Writer;
        writer.WriteStartObject("build");
        writer.WriteString("context", context.GetManifestRelativePath(build.ContextPath));
        writer.WriteString("dockerfile", context.GetManifestRelativePath(build.DockerfilePath));
        if (build.Stage is { } stage)
        {
            writer.WriteString("stage", stage);
        }

        if (build.BuildArguments.Count > 0)
        {
            writer.WriteStartObject("args");
            foreach (var (name, value) in build.BuildArguments)
            {
                writer.WriteString(name, BuildValue(value));
            }

            writer.WriteEndObject();
        }

        if (build.BuildSecrets.Count > 0)
        {
            writer.WriteStartObject("secrets");
            foreach (var (name, value) in build.BuildSecrets)
            {
                writer.WriteStartObject(name);
                writer.WriteString("type", value is FileInfo ? "file" : "env");
                writer.WriteString(value is FileInfo ? "source" : "value", BuildValue(value));
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private void WriteMounts(
        string property, string sourceProperty, ContainerMountType type, ContainerResource container, Func<ContainerMountAnnotation, string?> source)
    {
        var mounts = container.Annotations.OfType<ContainerMountAnnotation>().Where(mount => mount.Type == type).ToList();
        if (mounts.Count == 0)
        {
            return;
        }

        var writer = context.Writer;
        writer.WriteStartArray(property);
        foreach (var mount in mounts)
        {
            writer.WriteStartObject();
            if (source(mount) is { } name)
            {
                writer.WriteString(sourceProperty, name);
            }

            writer.WriteString("target", mount.Target.Replace('\\', '/'));
            writer.WriteBoolean("readOnly", mount.IsReadOnly);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    // Null lets the image build take the value from its own environment.
    private string? BuildValue(object? value)
    {
        references.Add(value);
        return value switch
        {
            null => null,
            FileInfo file => context.GetManifestRelativePath(file.FullName),
            IManifestExpressionProvider provider => provider.ValueExpression,
            bool flag => flag ? "true" : "false",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture),
        };
    }

    private async Task<string> ResolveAsync(object value, IResource resource) =>
        await ResourceExtensions.ResolveAsync(value, context.ExecutionContext, resource, context.CancellationToken) ?? "";
}
