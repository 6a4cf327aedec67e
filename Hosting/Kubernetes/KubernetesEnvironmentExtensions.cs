using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Kubernetes;
using Aspire.Hosting.Kubernetes.Charts;
using Aspire.Hosting.Publishing;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting;

public static class KubernetesEnvironmentExtensions
{
    /// <summary>Publishes the application as a Helm chart: steps <c>publish</c> and <c>publish-{name}</c>. Not part of the model in run mode.</summary>
    public static IResourceBuilder<KubernetesEnvironmentResource> AddKubernetesEnvironment(this IDistributedApplicationBuilder builder, string name)
    {
        var environment = new KubernetesEnvironmentResource(name);
        if (builder.ExecutionContext.IsRunMode)
        {
            return builder.CreateResourceBuilder(environment);
        }

        builder.Services.AddSingleton<IApplicationPublisher>(services => new ChartPublisher(environment, builder, services));
        return builder.AddResource(environment).ExcludeFromManifest();
    }

    public static IResourceBuilder<KubernetesEnvironmentResource> WithProperties(
        this IResourceBuilder<KubernetesEnvironmentResource> builder, Action<KubernetesEnvironmentResource> configure)
    {
        configure(builder.Resource);
        return builder;
    }
}

public static class KubernetesServiceExtensions
{
    /// <summary>
    /// Changes what the resource becomes on Kubernetes. Called after its workload, service, config map, secret, labels and probes exist,
    /// in the order of registration. Does nothing in run mode.
    /// </summary>
    /// <exception cref="DistributedApplicationException">The model has no Kubernetes environment.</exception>
    public static IResourceBuilder<T> PublishAsKubernetesService<T>(this IResourceBuilder<T> builder, Action<KubernetesResource> configure)
        where T : IComputeResource
    {
        ArgumentNullException.ThrowIfNull(configure);

        var application = builder.ApplicationBuilder;
        if (application.ExecutionContext.IsRunMode)
        {
            return builder;
        }

        return application.Resources.OfType<KubernetesEnvironmentResource>().Any()
            ? builder.WithAnnotation(new KubernetesServiceCustomizationAnnotation(configure))
            : throw new DistributedApplicationException(
                $"'{builder.Resource.Name}' is published as a Kubernetes service, but there is no Kubernetes environment: call AddKubernetesEnvironment first.");
    }
}
