using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Kubernetes.Resources;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>
/// WaitFor as init containers. A service has an address to connect to once a ready pod is behind it, so that connecting is waiting for
/// health. A database is created when its server is ready and it is not there.
/// </summary>
internal sealed class WaitContainers(ChartValues values, ResourceTranslation translation)
{
    private const string ImageKey = "parameters.wait_image";

    /// <summary>The image of whatever only needs a shell, a key of values.yaml.</summary>
    public static string Image(ChartValues values)
    {
        values.Add(ImageKey, "docker.io/library/busybox:1.37.0", "Waits, before a service starts, for what it needs.");
        return $"{{{{ .Values.{ImageKey} }}}}";
    }

    public void AddTo(KubernetesResource translated, IResource resource)
    {
        var waits = resource.Annotations.OfType<WaitAnnotation>().Where(wait => wait.WaitType != WaitType.WaitUntilStarted).ToList();
        if (waits.FirstOrDefault(wait => wait.WaitType == WaitType.WaitForCompletion) is { } completion)
        {
            throw new DistributedApplicationException(
                $"'{resource.Name}' waits for the end of '{completion.Resource.Name}', which the chart cannot express: pods of a Deployment do not end.");
        }

        // The database's own container waits for its server as well.
        var dependencies = waits.Select(wait => wait.Resource).Distinct().ToList();
        dependencies.RemoveAll(dependency => dependencies.OfType<IResourceWithParent>().Any(child => child.Parent == dependency));

        var pod = translated.Workload!.PodTemplate.Spec;
        foreach (var dependency in dependencies)
        {
            if (For(dependency, resource) is { } container)
            {
                pod.InitContainers.Add(container);
            }
        }
    }

    private ContainerV1? For(IResource dependency, IResource resource)
    {
        var condition = StoreParts.StoreOf(dependency) is { } store ? $"{StoreParts.EnabledKey(store)}=true" : null;
        if (dependency is PostgresDatabaseResource database)
        {
            return DatabaseContainer(database, resource, condition!);
        }

        if (dependency is not IResourceWithEndpoints listening || PublishedEndpoints.Of(listening) is not [var endpoint, ..])
        {
            return null;
        }

        var container = new ConditionalContainer
        {
            Condition = condition,
            Name = $"wait-for-{KubernetesNames.Of(dependency)}",
            Image = Image(values),
            Command = { "/bin/sh", "-c" },
            Args = { $"until nc -z -w 2 {KubernetesNames.Service(dependency)} {PublishedEndpoints.PortOf(endpoint)}; do sleep 1; done" },
        };
        return container;
    }

    private ConditionalContainer DatabaseContainer(PostgresDatabaseResource database, IResource resource, string condition)
    {
        var server = database.Parent;
        var passwordVariable = server.PasswordParameter.Secret ? "PGPASSWORD" : throw new DistributedApplicationException($"The password of '{server.Name}' must be a secret parameter.");
        return new ConditionalContainer
        {
            Condition = condition,
            Name = $"create-{KubernetesNames.Of(database)}",
            Image = translation.ImageOf(server),
            Command = { "/bin/sh", "-c" },
            Args =
            {
                $"until psql --dbname '{database.DatabaseName}' --command 'SELECT 1' >/dev/null 2>&1; do createdb '{database.DatabaseName}' 2>/dev/null || sleep 1; done",
            },
            Env =
            {
                new EnvVarV1 { Name = "PGHOST", Value = KubernetesNames.Service(server) },
                new EnvVarV1 { Name = "PGPORT", Value = $"{PublishedEndpoints.PortOf(server.PrimaryEndpoint)}" },
                new EnvVarV1 { Name = "PGUSER", Value = translation.Text(server.UserNameReference) },
                new EnvVarV1 { Name = "PGCONNECT_TIMEOUT", Value = "2" },
                new EnvVarV1
                {
                    Name = passwordVariable,
                    ValueFrom = new EnvVarSourceV1 { SecretKeyRef = new SecretKeySelectorV1 { Name = ResourceTranslation.SecretNameOf(server), Key = "POSTGRES_PASSWORD" } },
                },
            },
        };
    }
}
