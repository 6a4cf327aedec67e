using System.Text;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>The templates that are not one document of one resource.</summary>
internal static class ChartTemplates
{
    public const string Helpers = """
        {{- /* A password: the given one, else the one that the first installation made up, else a new one. The same in every template. */ -}}
        {{- define "secret" -}}
        {{- $secrets := .root.Values.secrets -}}
        {{- if not (get $secrets .name) -}}
        {{- $kept := (lookup "v1" "Secret" .root.Release.Namespace "generated-secrets").data | default dict -}}
        {{- $_ := set $secrets .name (hasKey $kept .name | ternary (get $kept .name | b64dec) (randAlphaNum 22)) -}}
        {{- end -}}
        {{- get $secrets .name -}}
        {{- end -}}

        {{- /* A connection string: the given one, else that of the chart's own store. */ -}}
        {{- define "connection" -}}
        {{- $given := get .root.Values.connectionStrings .name -}}
        {{- if $given -}}
        {{- $given -}}
        {{- else if (get .root.Values.stores .store).enabled -}}
        {{- .inside -}}
        {{- else -}}
        {{- fail (printf "stores.%s is switched off: set connectionStrings.%s, or existingSecrets for the services that use it" .store .name) -}}
        {{- end -}}
        {{- end -}}

        """;

    public static string GeneratedSecrets(IReadOnlyDictionary<string, IResource?> keys)
    {
        var text = new StringBuilder("""
            ---
            apiVersion: "v1"
            kind: "Secret"
            metadata:
              name: "generated-secrets"
              labels:
                app.kubernetes.io/name: "{{ .Chart.Name }}"
                app.kubernetes.io/component: "generated-secrets"
                app.kubernetes.io/instance: "{{ .Release.Name }}"
              annotations:
                helm.sh/resource-policy: "keep"
            type: "Opaque"
            stringData:

            """);
        foreach (var (key, store) in keys)
        {
            var line = $"  {key}: {{{{ include `secret` (dict `root` $ `name` `{key}`) | quote }}}}\n";
            text.Append(store is null ? line : $"{{{{- if .Values.{StoreParts.EnabledKey(store)} }}}}\n{line}{{{{- end }}}}\n");
        }

        var wholes = keys.Values.Any(store => store is null) ? [] : keys.Values.Select(store => $".Values.{StoreParts.EnabledKey(store!)}").Distinct().ToList();
        return wholes.Count == 0 ? text.ToString() : $"{{{{- if {(wholes.Count == 1 ? wholes[0] : $"or {string.Join(' ', wholes)}")} }}}}\n{text}{{{{- end }}}}\n";
    }

    public static string Notes(IReadOnlyList<KubernetesResource> resources)
    {
        var text = new StringBuilder("""
            {{ .Chart.Name }} {{ .Chart.Version }} is installed as {{ .Release.Name }} in {{ .Release.Namespace }}.

              kubectl --namespace {{ .Release.Namespace }} get pods --watch
              helm --namespace {{ .Release.Namespace }} test {{ .Release.Name }}

            """);
        foreach (var resource in resources)
        {
            foreach (var endpoint in (resource.Target as IResourceWithEndpoints)?.GetEndpoints().Where(endpoint => endpoint.EndpointAnnotation.IsExternal && PublishedEndpoints.IsServed(endpoint)) ?? [])
            {
                var port = PublishedEndpoints.PortOf(endpoint);
                text.Append(System.Globalization.CultureInfo.InvariantCulture, $"  kubectl --namespace {{{{ .Release.Namespace }}}} port-forward service/{resource.Service!.Metadata.Name} {port}:{port}\n")
                    .Append(System.Globalization.CultureInfo.InvariantCulture, $"      and open {endpoint.EndpointAnnotation.UriScheme}://localhost:{port} for {resource.Name}\n");
            }
        }

        return text.ToString();
    }
}
