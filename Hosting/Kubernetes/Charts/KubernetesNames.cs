using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>Aspire's names of documents, and its labels.</summary>
internal static class KubernetesNames
{
    public static string Deployment(IResource resource) => $"{Of(resource)}-deployment";

    public static string StatefulSet(IResource resource) => $"{Of(resource)}-statefulset";

    public static string Service(IResource resource) => $"{Of(resource)}-service";

    public static string Config(IResource resource) => $"{Of(resource)}-config";

    public static string Secrets(IResource resource) => $"{Of(resource)}-secrets";

    public static string Of(IResource resource) => resource.Name.ToLowerInvariant();

    public static Dictionary<string, string> Labels(string component) => new()
    {
        ["app.kubernetes.io/name"] = "{{ .Chart.Name }}",
        ["app.kubernetes.io/component"] = component,
        ["app.kubernetes.io/instance"] = "{{ .Release.Name }}",
    };

    /// <summary>A volume's name may hold lower-case letters, digits and hyphens only.</summary>
    public static string Volume(string source) =>
        string.Concat(source.ToLowerInvariant().Select(character => char.IsAsciiLetterOrDigit(character) ? character : '-')).Trim('-');
}
