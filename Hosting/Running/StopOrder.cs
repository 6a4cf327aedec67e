using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>Who depends on whom, without cycles: a resource is stopped after everything that depends on it.</summary>
internal sealed class StopOrder
{
    private readonly Dictionary<IResource, HashSet<IResource>> _dependencies = [];

    public StopOrder(IEnumerable<IResource> resources)
    {
        var all = resources.ToList();

        // Waits are free of cycles; a mutual reference is not, and only its first direction counts.
        foreach (var resource in all)
        {
            foreach (var wait in resource.Annotations.OfType<WaitAnnotation>())
            {
                Add(resource, wait.Resource);
            }
        }

        foreach (var resource in all)
        {
            if (resource is IResourceWithParent child)
            {
                Add(resource, child.Parent);
            }

            foreach (var relationship in resource.Annotations.OfType<ResourceRelationshipAnnotation>())
            {
                Add(resource, relationship.Resource);
                if (relationship.Resource is IResourceWithParent referenced)
                {
                    Add(resource, referenced.Parent);
                }
            }
        }
    }

    public IEnumerable<IResource> DependentsOf(IResource resource) =>
        _dependencies.Where(entry => entry.Value.Contains(resource)).Select(entry => entry.Key);

    private void Add(IResource resource, IResource dependency)
    {
        if (!ReferenceEquals(resource, dependency) && !Reaches(dependency, resource))
        {
            if (!_dependencies.TryGetValue(resource, out var dependencies))
            {
                _dependencies[resource] = dependencies = [];
            }

            dependencies.Add(dependency);
        }
    }

    private bool Reaches(IResource from, IResource to) =>
        ReferenceEquals(from, to) || (_dependencies.TryGetValue(from, out var dependencies) && dependencies.Any(dependency => Reaches(dependency, to)));
}
