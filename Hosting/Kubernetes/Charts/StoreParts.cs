using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>Which values belong to a store that the chart may bring itself: endpoints and passwords of a database server.</summary>
internal sealed class StoreParts(IEnumerable<IResource> resources)
{
    private readonly Dictionary<ParameterResource, IResource> _parameters = resources.OfType<IResourceWithConnectionString>()
        .Where(resource => StoreOf(resource) == resource)
        .SelectMany(store => Leaves(store.ConnectionStringExpression).OfType<ParameterResource>().Select(parameter => (parameter, store)))
        .DistinctBy(pair => pair.parameter)
        .ToDictionary(pair => pair.parameter, pair => (IResource)pair.store);

    /// <summary>The store that a connection string leads to, if the chart has it: the server of a database.</summary>
    public static IResource? StoreOf(IResource resource) => resource switch
    {
        IComputeResource and IResourceWithConnectionString => resource,
        IResourceWithParent child => StoreOf(child.Parent),
        _ => null,
    };

    public static string EnabledKey(IResource store) => $"stores.{ChartValues.Key(store.Name)}.enabled";

    public IResource? Owner(object value) => Leaves(value).Select(leaf => leaf switch
    {
        ParameterResource parameter => _parameters.GetValueOrDefault(parameter),
        IResource resource => StoreOf(resource),
        _ => null,
    }).FirstOrDefault(owner => owner is not null);

    private static IEnumerable<object> Leaves(object value) => value switch
    {
        IResource resource => [resource],
        IValueWithReferences references => references.References.SelectMany(Leaves),
        _ => [value],
    };
}
