using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Kubernetes.Delivery;
using Aspire.Hosting.Kubernetes.Resources;
using Aspire.Hosting.Publishing;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>
/// Writes the model as a Helm chart in the layout of Aspire 13.6. Everything is made in memory, written beside the output directory and
/// moved into its place: an error leaves what was there. The folder delivery/ is no part of the chart.
/// </summary>
internal sealed class ChartPublisher(KubernetesEnvironmentResource environment, IDistributedApplicationBuilder application, IServiceProvider services) : IApplicationPublisher
{
    private const string DefaultOutput = "aspire-output";
    private const string DeliveryFolder = "delivery";

    public bool Handles(string step) => step == "publish" || step == $"publish-{environment.Name}";

    public async Task PublishAsync(DistributedApplicationModel model, PublishRequest request, CancellationToken cancellationToken)
    {
        var output = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.OutputPath ?? DefaultOutput));
        ChartDirectory.Replace(output, await RenderAsync(model, output, cancellationToken));
    }

    // Relative path to text of every file.
    private async Task<IReadOnlyDictionary<string, string>> RenderAsync(DistributedApplicationModel model, string output, CancellationToken cancellationToken)
    {
        var chart = new ChartIdentity(application);
        var values = new ChartValues();
        Introduce(values);
        var templates = new TemplateValues(values, new StoreParts(model.Resources));
        var execution = services.GetRequiredService<DistributedApplicationExecutionContext>();
        var translation = new ResourceTranslation(environment, values, templates, execution, chart.Version);
        var documents = new DocumentText(values);
        var files = new ChartFileSet();
        var published = new List<KubernetesResource>();

        foreach (var resource in Published(model))
        {
            var translated = await translation.TranslateAsync(resource, cancellationToken);
            published.Add(translated);
            var condition = StoreParts.StoreOf(resource) is { } store ? $"{StoreParts.EnabledKey(store)}=true" : null;
            foreach (var (file, document) in DocumentsOf(translated))
            {
                files.Add($"templates/{KubernetesNames.Of(resource)}/{file}", documents.Write(document, condition));
            }
        }

        files.Add("templates/_helpers.tpl", ChartTemplates.Helpers);
        files.Add("templates/NOTES.txt", ChartTemplates.Notes(published));
        if (templates.GeneratedSecrets.Count > 0)
        {
            files.Add("templates/generated-secrets.yaml", ChartTemplates.GeneratedSecrets(templates.GeneratedSecrets));
        }

        foreach (var document in HelmTest.Documents(published, values))
        {
            files.Add($"templates/tests/{document.Metadata.Name}.yaml", documents.Write(document));
        }

        files.Add("Chart.yaml", chart.ToYaml());
        files.Add("values.yaml", values.ToYaml());
        files.Add("values.schema.json", values.ToSchema());

        files.Add(".helmignore", $"{DeliveryFolder}/\n");
        foreach (var (path, text) in DeliveryFiles.For(DeliveryPlan.Of(application, chart.Name, chart.Version, output, published, values.Root)))
        {
            files.Add($"{DeliveryFolder}/{path}", text);
        }

        return files.Files;
    }

    private static List<IResource> Published(DistributedApplicationModel model)
    {
        var resources = model.Resources.Where(resource => resource is IComputeResource && !IsExcluded(resource)).ToList();
        return resources.FirstOrDefault(resource => resource is ExecutableResource) is { } executable
            ? throw new DistributedApplicationException(
                $"The executable '{executable.Name}' has no image to run in a cluster. Publish it with PublishAsDockerFile, or leave it out with ExcludeFromManifest.")
            : resources;
    }

    private static bool IsExcluded(IResource resource) =>
        resource.TryGetLastAnnotation<ManifestPublishingCallbackAnnotation>(out var annotation) && annotation.Callback is null;

    private static IEnumerable<(string File, BaseKubernetesResource Document)> DocumentsOf(KubernetesResource resource)
    {
        if (resource.Workload is { } workload)
        {
            yield return ($"{workload.Kind!.ToLowerInvariant()}.yaml", workload);
        }

        if (resource.Service is { } service)
        {
            yield return ("service.yaml", service);
        }

        if (resource.ConfigMap is { } config)
        {
            yield return ("config.yaml", config);
        }

        if (resource.Secret is { } secret)
        {
            yield return ("secrets.yaml", secret);
        }

        var prefix = KubernetesNames.Of(resource.Target) + "-";
        foreach (var document in resource.AdditionalResources)
        {
            var name = document.Metadata.Name is { Length: > 0 } given ? given : throw new DistributedApplicationException($"A {document.Kind} of '{resource.Name}' has no name.");
            yield return ((name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name) + ".yaml", document);
        }
    }

    // The order and the headings of values.yaml.
    private static void Introduce(ChartValues values)
    {
        foreach (var (section, comment) in new (string, string)[]
        {
            ("parameters", "Images and parameters."),
            ("secrets", "Passwords. Empty: made up at the first installation and kept in the secret generated-secrets."),
            ("existingSecrets", "Name of a secret, by service, that holds its secret variables instead of the chart's own."),
            ("connectionStrings", "Used instead of the chart's own stores where they are switched off."),
            ("stores", "Stores that the chart brings, for trying out."),
            ("config", "Variables of each service."),
        })
        {
            values.Root[section] = new System.Text.Json.Nodes.JsonObject();
            values.Comment(section, comment);
        }
    }
}
