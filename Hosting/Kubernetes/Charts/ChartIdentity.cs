using System.Reflection;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>Chart.yaml: named after the application, of the version that the AppHost was built as.</summary>
internal sealed class ChartIdentity(IDistributedApplicationBuilder application)
{
    // Lifecycle handlers that sleep without a shell.
    private const string KubeVersion = ">=1.30.0-0";

    public string Name { get; } = application.Environment.ApplicationName.ToLowerInvariant().Replace('_', '-').Replace('.', '-');

    public string Version { get; } = application.AppHostAssembly?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.1.0";

    public string ToYaml() => $"""
        apiVersion: "v2"
        name: "{Name}"
        version: "{Version}"
        kubeVersion: "{KubeVersion}"
        description: "{application.Environment.ApplicationName} on Kubernetes"
        type: "application"
        keywords:
          - "aspire"
          - "kubernetes"
        appVersion: "{Version}"
        deprecated: false

        """;
}
