namespace Aspire.Hosting;

public enum DistributedApplicationOperation
{
    Run,
    Publish,
}

/// <summary>Whether the application is being run here or published for somewhere else.</summary>
public class DistributedApplicationExecutionContext
{
    private readonly Func<IServiceProvider?>? _services;

    public DistributedApplicationExecutionContext(DistributedApplicationOperation operation)
        : this(operation, "manifest")
    {
    }

    public DistributedApplicationExecutionContext(DistributedApplicationOperation operation, string publisherName)
    {
        Operation = operation;
        PublisherName = publisherName;
    }

    internal DistributedApplicationExecutionContext(DistributedApplicationOperation operation, string publisherName, Func<IServiceProvider?> services)
        : this(operation, publisherName)
    {
        _services = services;
    }

    public DistributedApplicationOperation Operation { get; }

    public string PublisherName { get; set; }

    public bool IsPublishMode => Operation == DistributedApplicationOperation.Publish;

    public bool IsRunMode => Operation == DistributedApplicationOperation.Run;

    public IServiceProvider ServiceProvider => _services?.Invoke()
        ?? throw new InvalidOperationException("The services exist once the application has been built.");
}
