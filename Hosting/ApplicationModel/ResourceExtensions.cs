using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Questions to a resource about its annotations.</summary>
public static class ResourceExtensions
{
    public static bool TryGetLastAnnotation<T>(this IResource resource, [NotNullWhen(true)] out T? annotation)
        where T : IResourceAnnotation
    {
        annotation = resource.Annotations.OfType<T>().LastOrDefault();
        return annotation is not null;
    }

    public static bool TryGetAnnotationsOfType<T>(this IResource resource, [NotNullWhen(true)] out IEnumerable<T>? result)
        where T : IResourceAnnotation
    {
        var found = resource.Annotations.OfType<T>().ToArray();
        result = found.Length > 0 ? found : null;
        return result is not null;
    }

    public static bool HasAnnotationOfType<T>(this IResource resource)
        where T : IResourceAnnotation => resource.Annotations.OfType<T>().Any();

    public static bool TryGetEndpoints(this IResource resource, [NotNullWhen(true)] out IEnumerable<EndpointAnnotation>? endpoints) =>
        resource.TryGetAnnotationsOfType(out endpoints);

    public static IEnumerable<EndpointReference> GetEndpoints(this IResourceWithEndpoints resource) =>
        resource.Annotations.OfType<EndpointAnnotation>().Select(endpoint => new EndpointReference(resource, endpoint));

    public static EndpointReference GetEndpoint(this IResourceWithEndpoints resource, string endpointName) => new(resource, endpointName);

    public static int GetReplicaCount(this IResource resource) => resource.TryGetLastAnnotation<ReplicaAnnotation>(out var annotation) ? annotation.Replicas : 1;

    public static bool TryGetContainerImageName(this IResource resource, [NotNullWhen(true)] out string? imageName)
    {
        if (!resource.TryGetLastAnnotation<ContainerImageAnnotation>(out var image))
        {
            imageName = null;
            return false;
        }

        var name = image.Registry is { Length: > 0 } registry ? $"{registry}/{image.Image}" : image.Image;
        imageName = image.SHA256 is { Length: > 0 } digest ? $"{name}@sha256:{digest}"
            : image.Tag is { Length: > 0 } tag ? $"{name}:{tag}"
            : name;
        return true;
    }

    /// <summary>The variables the resource gets, as values (run) or manifest expressions (publish).</summary>
    [SuppressMessage("Design", "CA1062", Justification = "Extension on a model type.")]
    public static async ValueTask<Dictionary<string, string>> GetEnvironmentVariableValuesAsync(
        this IResourceWithEnvironment resource, DistributedApplicationOperation applicationOperation = DistributedApplicationOperation.Run)
    {
        var context = new DistributedApplicationExecutionContext(applicationOperation);
        var values = new Dictionary<string, string>();
        foreach (var (name, value) in await resource.CollectEnvironmentAsync(context, NullLogger.Instance, CancellationToken.None))
        {
            if (await ResolveAsync(value, context, resource, CancellationToken.None) is { } text)
            {
                values[name] = text;
            }
        }

        return values;
    }

    /// <summary>The arguments the resource gets, as values (run) or manifest expressions (publish).</summary>
    public static async ValueTask<string[]> GetArgumentValuesAsync(
        this IResourceWithArgs resource, DistributedApplicationOperation applicationOperation = DistributedApplicationOperation.Run)
    {
        var context = new DistributedApplicationExecutionContext(applicationOperation);
        var values = new List<string>();
        foreach (var value in await resource.CollectArgumentsAsync(context, NullLogger.Instance, CancellationToken.None))
        {
            if (await ResolveAsync(value, context, resource, CancellationToken.None) is { } text)
            {
                values.Add(text);
            }
        }

        return [.. values];
    }

    /// <summary>Runs every environment callback in the order of registration. Values are not resolved yet.</summary>
    internal static async Task<Dictionary<string, object>> CollectEnvironmentAsync(
        this IResource resource, DistributedApplicationExecutionContext executionContext, ILogger logger, CancellationToken cancellationToken)
    {
        var context = new EnvironmentCallbackContext(executionContext, resource, cancellationToken: cancellationToken) { Logger = logger };
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
        {
            await annotation.Callback(context);
        }

        return context.EnvironmentVariables;
    }

    internal static async Task<IList<object>> CollectArgumentsAsync(
        this IResource resource, DistributedApplicationExecutionContext executionContext, ILogger logger, CancellationToken cancellationToken)
    {
        var context = new CommandLineArgsCallbackContext([], resource, cancellationToken) { ExecutionContext = executionContext, Logger = logger };
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>().ToList())
        {
            await annotation.Callback(context);
        }

        return context.Args;
    }

    /// <summary>A value as text: itself when the application runs, its expression when it is published.</summary>
    internal static async ValueTask<string?> ResolveAsync(
        object? value, DistributedApplicationExecutionContext executionContext, IResource caller, CancellationToken cancellationToken) => value switch
        {
            null => null,
            string text => text,
            IResourceBuilder<IResource> builder => await ResolveAsync(builder.Resource, executionContext, caller, cancellationToken),
            IManifestExpressionProvider provider when executionContext.IsPublishMode => provider.ValueExpression,
            IValueProvider provider => await provider.GetValueAsync(new ValueProviderContext { ExecutionContext = executionContext, Caller = caller }, cancellationToken),
            bool flag => flag ? "true" : "false",
            IFormattable formattable => formattable.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
            _ => throw new DistributedApplicationException(
                $"A variable or argument of '{caller.Name}' is a {value.GetType().Name}; it must be a string or something that gives a value."),
        };
}
