using Aspire.Hosting.Kubernetes;
using Aspire.Hosting.Kubernetes.Resources;

namespace CloudNativeAi.AppHost.Kubernetes;

internal static class DocumentExtensions
{
    // Read, and taken out, by the built-in host. Aspire's own publisher writes every document.
    private const string WhenAnnotation = "chart/when";
    private static readonly bool WritesConditions = typeof(KubernetesEnvironmentResource).Assembly.GetName().Name == "Aspire.Hosting";

    public static void Add(this KubernetesResource kubernetes, string apiVersion, string kind, string name, Map spec) =>
        kubernetes.AdditionalResources.Add(Create(apiVersion, kind, name, spec));

    /// <summary>A document that is there while these switches of values.yaml hold: <c>a.b,!c,d=true</c>; <c>=true</c> for those that hold by default.</summary>
    public static void AddWhen(this KubernetesResource kubernetes, string when, string apiVersion, string kind, string name, Map spec)
    {
        var document = Create(apiVersion, kind, name, spec);
        if (document.ShowWhen(when))
        {
            kubernetes.AdditionalResources.Add(document);
        }
    }

    /// <summary>False where the publisher knows no conditions and the document is not there by default.</summary>
    public static bool ShowWhen(this BaseKubernetesResource document, string when)
    {
        if (WritesConditions)
        {
            document.Metadata.Annotations[WhenAnnotation] = when;
            return true;
        }

        return when.Split(',').All(term => term.StartsWith('!') != term.EndsWith("=true", StringComparison.Ordinal));
    }

    private static Manifest Create(string apiVersion, string kind, string name, Map spec) =>
        new(apiVersion, kind, spec) { Metadata = { Name = name } };
}
