using System.Reflection;

namespace Aspire.Hosting;

public sealed class DistributedApplicationOptions
{
    /// <summary>Command line of the AppHost.</summary>
    public string[]? Args { get; set; }

    /// <summary>Simple name of the AppHost's assembly; the entry assembly when null.</summary>
    public string? AssemblyName { get; set; }

    /// <summary>Directory that relative paths start from; the AppHost project's when null.</summary>
    public string? ProjectDirectory { get; set; }

    public string? ProjectName { get; set; }

    public string? ContainerRegistryOverride { get; set; }

    public string? DashboardApplicationName { get; set; }

    /// <summary>Nobody watches: a resource whose dependency fails, fails as well, and no resource service is started.</summary>
    public bool DisableDashboard { get; set; }

    public bool AllowUnsecuredTransport { get; set; }

    public bool EnableResourceLogging { get; set; }

    public bool? TrustDeveloperCertificate { get; set; }

    internal Assembly? Assembly => AssemblyName is null
        ? Assembly.GetEntryAssembly()
        : AppDomain.CurrentDomain.GetAssemblies().FirstOrDefault(assembly => assembly.GetName().Name == AssemblyName) ?? Assembly.Load(AssemblyName);
}
