namespace Aspire.Hosting.ApplicationModel;

/// <summary>Runs with environment variables.</summary>
public interface IResourceWithEnvironment : IResource;

/// <summary>Runs with command line arguments.</summary>
public interface IResourceWithArgs : IResource;

/// <summary>Listens on endpoints.</summary>
public interface IResourceWithEndpoints : IResource;

/// <summary>Can be told to wait for another resource before it starts.</summary>
public interface IResourceWithWaitSupport : IResource;

/// <summary>Can be probed by the platform it runs on.</summary>
public interface IResourceWithProbes : IResource;

/// <summary>Runs on a compute environment when published.</summary>
public interface IComputeResource : IResource;

/// <summary>Has no start and no end: a parameter, a connection string, an external service.</summary>
public interface IResourceWithoutLifetime : IResource;

/// <summary>Receives files from other resources' images when published.</summary>
public interface IContainerFilesDestinationResource : IResource;

public interface IResourceWithParent : IResource
{
    IResource Parent { get; }
}

/// <summary>Lives inside another resource, as a database does in its server, and follows its state.</summary>
public interface IResourceWithParent<out T> : IResourceWithParent
    where T : IResource
{
    new T Parent { get; }

    IResource IResourceWithParent.Parent => Parent;
}

/// <summary>What clients need to know to connect.</summary>
public interface IResourceWithConnectionString : IResource, IManifestExpressionProvider, IValueProvider, IValueWithReferences
{
    ReferenceExpression ConnectionStringExpression { get; }

    /// <summary>Variable that carries the connection string instead of <c>ConnectionStrings__{name}</c>.</summary>
    string? ConnectionStringEnvironmentVariable => null;

    string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";

    IEnumerable<object> IValueWithReferences.References => [ConnectionStringExpression];

    ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        ConnectionStringExpression.GetValueAsync(cancellationToken);

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => GetConnectionStringAsync(cancellationToken);

    /// <summary>The parts of the connection string, injected one variable each as <c>{NAME}_{PROPERTY}</c>.</summary>
    IEnumerable<KeyValuePair<string, ReferenceExpression>> GetConnectionProperties() => [];
}
