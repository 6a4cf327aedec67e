using System.Text.Json.Nodes;

namespace CloudNativeAi.Deployment.Tests.Support;

/// <summary>All documents of one variant of the chart.</summary>
internal sealed class Rendering
{
    public Rendering(string variant, string yaml)
        : this(variant, yaml, [.. YamlDocuments.Parse(yaml).Select(node => new ManifestDocument(node))])
    {
    }

    private Rendering(string variant, string yaml, List<ManifestDocument> documents)
    {
        Variant = variant;
        Yaml = yaml;
        Documents = documents;
    }

    public string Variant { get; }

    /// <summary>As helm wrote it.</summary>
    public string Yaml { get; }

    public List<ManifestDocument> Documents { get; }

    public IEnumerable<ManifestDocument> Workloads => Documents.Where(document => document.Kind is "Deployment" or "StatefulSet");

    /// <summary>Every pod that may come to be: of workloads, of the test, of KServe and Knative.</summary>
    public IEnumerable<PodTemplate> Pods => Documents.Select(PodTemplate.Of).OfType<PodTemplate>();

    public ManifestDocument Get(string kind, string name) => Documents.Single(document => document.Kind == kind && document.Name == name);

    public IEnumerable<ManifestDocument> Of(string kind) => Documents.Where(document => document.Kind == kind);

    public Rendering Copy() => new(Variant, Yaml, [.. Documents.Select(document => new ManifestDocument((JsonObject)document.Node.DeepClone()))]);
}

/// <summary>One document.</summary>
internal sealed class ManifestDocument(JsonObject node)
{
    public JsonObject Node { get; } = node;

    public string ApiVersion => Node["apiVersion"]!.GetValue<string>();

    public string Kind => Node["kind"]!.GetValue<string>();

    public string Name => Node["metadata"]!["name"]!.GetValue<string>();

    public JsonObject Spec => Node["spec"]!.AsObject();

    public string Component => Node["metadata"]!["labels"]!["app.kubernetes.io/component"]!.GetValue<string>();

    public override string ToString() => $"{Kind} {Name}";
}

/// <summary>The specification of pods, wherever a document has it.</summary>
internal sealed record PodTemplate(ManifestDocument Document, JsonObject Spec, JsonObject Labels)
{
    public IEnumerable<JsonObject> Containers => Items("containers");

    public IEnumerable<JsonObject> InitContainers => Items("initContainers");

    public IEnumerable<JsonObject> AllContainers => InitContainers.Concat(Containers);

    public IEnumerable<JsonObject> Items(string name) => Json.Items(Spec[name]);

    public static PodTemplate? Of(ManifestDocument document) => document.Kind switch
    {
        "Deployment" or "StatefulSet" => Template(document, document.Spec["template"]!.AsObject()),
        "Service" when document.ApiVersion.StartsWith("serving.knative.dev", StringComparison.Ordinal) => Template(document, document.Spec["template"]!.AsObject()),
        "InferenceService" => new PodTemplate(document, document.Spec["predictor"]!.AsObject(), document.Spec["predictor"]!["labels"]!.AsObject()),
        "ScaledJob" => Template(document, document.Spec["jobTargetRef"]!["template"]!.AsObject()),
        "Pod" => new PodTemplate(document, document.Spec, document.Node["metadata"]!["labels"]!.AsObject()),
        _ => null,
    };

    private static PodTemplate Template(ManifestDocument document, JsonObject template) =>
        new(document, template["spec"]!.AsObject(), template["metadata"]!["labels"]!.AsObject());
}
