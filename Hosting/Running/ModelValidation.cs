using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Native;

namespace Aspire.Hosting.Running;

/// <summary>What can be known to be wrong before anything is started.</summary>
internal static class ModelValidation
{
    public static void Check(DistributedApplicationModel model)
    {
        foreach (var resource in model.Resources)
        {
            CheckWaits(resource, []);
        }

        var containers = model.Resources.OfType<ContainerResource>()
            .Where(container => !container.HasAnnotationOfType<NativeProcessAnnotation>() && !container.HasAnnotationOfType<ExplicitStartupAnnotation>())
            .ToList();
        if (containers.Count > 0)
        {
            throw new DistributedApplicationException(
                $"{string.Join(", ", containers.Select(Describe))}: the built-in host runs no containers and knows no native program for {(containers.Count == 1 ? "this one" : "these")}. Build the AppHost against Aspire's own packages, which run them with Docker or Podman: dotnet run --project AppHost -p:AspireHosting=nuget.");
        }
    }

    private static void CheckWaits(IResource resource, List<IResource> path)
    {
        if (path.Contains(resource))
        {
            var cycle = path.SkipWhile(step => step != resource).Append(resource).Select(step => $"'{step.Name}'");
            throw new DistributedApplicationException($"These resources wait for each other and would never start: {string.Join(" waits for ", cycle)}.");
        }

        path.Add(resource);
        foreach (var wait in resource.Annotations.OfType<WaitAnnotation>())
        {
            CheckWaits(wait.Resource, path);
        }

        path.RemoveAt(path.Count - 1);
    }

    private static string Describe(ContainerResource container) =>
        container.TryGetContainerImageName(out var image) ? $"'{container.Name}' ({image})" : $"'{container.Name}'";
}
