using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Building;
using Aspire.Hosting.DataDirectories;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Running;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

/// <summary>The application model while it is being declared, on top of the generic host.</summary>
public class DistributedApplicationBuilder : IDistributedApplicationBuilder, IHasDataDirectory
{
    private readonly HostApplicationBuilder _inner;
    private readonly EntryPointInterception? _interception;
    private IServiceProvider? _services;

    public DistributedApplicationBuilder(string[] args)
        : this(new DistributedApplicationOptions { Args = args })
    {
    }

    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);

        _interception = EntryPointInterception.Current;
        var settings = new HostApplicationBuilderSettings();
        _interception?.Configure(options, settings);

        AppHostAssembly = options.Assembly;
        var location = AppHostLocation.Find(options, AppHostAssembly);
        AppHostDirectory = location.Directory;

        var arguments = HostArguments.Parse([.. options.Args ?? [], .. settings.Args ?? []]);
        settings.Args = arguments.Remaining;
        settings.ContentRootPath ??= AppHostDirectory;
        settings.ApplicationName ??= location.Name;
        settings.EnvironmentName ??= arguments["AppHost:Environment"];
        settings.Configuration ??= new ConfigurationManager();

        // Nobody edits the AppHost's settings while it runs, and file watchers are a scarce resource.
        settings.Configuration["hostBuilder:reloadConfigOnChange"] = "false";
        _inner = new HostApplicationBuilder(settings);

        ExecutionContext = new DistributedApplicationExecutionContext(
            arguments.IsPublish ? DistributedApplicationOperation.Publish : DistributedApplicationOperation.Run,
            arguments["Publishing:Publisher"] ?? "manifest",
            () => _services);

        Data = CreateDataDirectory(arguments);
        Configuration.AddInMemoryCollection(arguments.Configuration);
        Configuration.AddInMemoryCollection(HostConfiguration(location, options));

        _inner.Logging.ClearProviders();
        AddServices(options);

        if (_interception is null)
        {
            UnhandledErrors.PrintPlainly();
        }
        else
        {
            _interception.BuilderCreated(this);
        }
    }

    public ConfigurationManager Configuration => _inner.Configuration;

    public string AppHostDirectory { get; }

    public Assembly? AppHostAssembly { get; }

    public IHostEnvironment Environment => _inner.Environment;

    public IServiceCollection Services => _inner.Services;

    public ILoggingBuilder Logging => _inner.Logging;

    public IDistributedApplicationEventing Eventing { get; } = new DistributedApplicationEventing();

    public DistributedApplicationExecutionContext ExecutionContext { get; }

    public IResourceCollection Resources { get; } = new ResourceCollection();

    DataDirectory IHasDataDirectory.Data => Data;

    internal DataDirectory Data { get; }

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(resource);

        if (Resources.FirstOrDefault(existing => string.Equals(existing.Name, resource.Name, StringComparison.OrdinalIgnoreCase)) is { } existing)
        {
            throw new DistributedApplicationException(
                $"Cannot add resource of type '{resource.GetType()}' with name '{resource.Name}' because resource of type '{existing.GetType()}' with that name already exists. Resource names are case-insensitive.");
        }

        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build()
    {
        _interception?.WaitForTest(this);

        var host = _inner.Build();
        _services = host.Services;

        // Resolved here, it is disposed last of all, and also when the application is never started.
        host.Services.GetRequiredService<DataDirectory>();
        var application = new DistributedApplication(host, _interception);
        _interception?.ApplicationBuilt(application);
        return application;
    }

    private DataDirectory CreateDataDirectory(HostArguments arguments)
    {
        var configured = Configuration["AppHost:DataDirectory"];
        var isEphemeral = arguments["AppHost:Ephemeral"] is { } flag
            ? !string.Equals(flag, "false", StringComparison.OrdinalIgnoreCase)
            : string.Equals(Configuration["AppHost:Ephemeral"], "true", StringComparison.OrdinalIgnoreCase);

        if (isEphemeral)
        {
            return new DataDirectory(Path.Combine(Path.GetTempPath(), $"apphost-{Guid.NewGuid():N}"), isEphemeral: true);
        }

        var directory = arguments["AppHost:DataDirectory"] is { } fromCommandLine ? Path.GetFullPath(fromCommandLine)
            : configured is not null ? Path.GetFullPath(configured, AppHostDirectory)
            : Path.GetFullPath(Path.Combine(AppHostDirectory, "..", ".data"));
        return new DataDirectory(directory, isEphemeral: false);
    }

    private Dictionary<string, string?> HostConfiguration(AppHostLocation location, DistributedApplicationOptions options)
    {
        var pathHash = Hash(location.FilePath ?? location.Directory);
        var nameHash = Hash(location.Name);

        return new Dictionary<string, string?>
        {
            ["AppHost:Directory"] = AppHostDirectory,
            ["AppHost:Path"] = Path.Combine(AppHostDirectory, location.Name),
            ["AppHost:FilePath"] = location.FilePath,
            ["AppHost:DashboardApplicationName"] = options.DashboardApplicationName ?? location.Name,
            ["AppHost:Sha256"] = ExecutionContext.IsPublishMode ? nameHash : pathHash,
            ["AppHost:PathSha256"] = pathHash,
            ["AppHost:ProjectNameSha256"] = nameHash,
            ["AppHost:DataDirectory"] = Data.Path,
            ["AppHost:Ephemeral"] = Data.IsEphemeral ? "true" : "false",
            ["AppHost:OtlpApiKey"] = Configuration["AppHost:OtlpApiKey"] ?? RandomKey(),
            ["AppHost:BrowserToken"] = Configuration["ASPIRE_DASHBOARD_FRONTEND_BROWSERTOKEN"] ?? Configuration["AppHost:BrowserToken"] ?? RandomKey(),
            ["AppHost:ResourceService:AuthMode"] = "ApiKey",
            ["AppHost:ResourceService:ApiKey"] = Configuration["AppHost:ResourceService:ApiKey"] ?? RandomKey(),
        };
    }

    private void AddServices(DistributedApplicationOptions options)
    {
        Services.AddSingleton(options);
        Services.AddSingleton(ExecutionContext);
        Services.AddSingleton(Eventing);
        Services.AddSingleton(Resources);
        Services.AddSingleton(_ => new DistributedApplicationModel(Resources));
        Services.AddSingleton(_ => Data);
        Services.AddSingleton(TimeProvider.System);
        Services.AddHealthChecks();
        Services.AddHttpClient();
        Services.AddHosting(ExecutionContext, options, isTest: _interception is not null);
    }

    private static string Hash(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string RandomKey() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
