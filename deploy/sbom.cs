// Writes a software bill of materials for every service, CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json), and refuses licences that
// this project's own (MIT) cannot go with. It reads what the last restore resolved, so build first.
//
//     dotnet run deploy/sbom.cs -- --output deploy/sbom
//
// Exit codes: 0 written, 1 a licence is not allowed, 2 the call is wrong or nothing was restored.
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;

string[] projects = ["Services/Ingestion", "Services/FeatureStore", "Services/ModelRegistry", "Services/Training", "Services/Monitoring", "Services/Inference", "Web"];
string[] allowed = ["MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MS-PL", "PostgreSQL", "Unlicense", "Zlib", "0BSD"];

// Packages whose licence is a text of their own, as somebody read it; another version is read anew.
Dictionary<string, string> read = new()
{
    ["Microsoft.ML.OnnxRuntime/1.31.1"] = "MIT",
    ["Microsoft.ML.OnnxRuntime.Managed/1.31.1"] = "MIT",
    ["Microsoft.ML.OnnxRuntime.Gpu/1.31.1"] = "MIT",
    ["Sylvan.Data.Csv/1.4.4"] = "MIT",
};

var output = args is ["--output", var path] ? Path.GetFullPath(path) : null;
if (output is null)
{
    Console.Error.WriteLine("usage: dotnet run deploy/sbom.cs -- --output DIRECTORY");
    return 2;
}

var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, ".."));
Directory.CreateDirectory(output);
SortedDictionary<string, string> licences = new(StringComparer.Ordinal);
foreach (var project in projects)
{
    var name = Path.GetFileName(project);
    var assets = Path.Combine(root, "artifacts", "obj", name, "project.assets.json");
    if (!File.Exists(assets))
    {
        Console.Error.WriteLine($"{assets} is missing. Run 'dotnet build CloudNativeAi.sln -c Release' first.");
        return 2;
    }

    var restored = JsonNode.Parse(File.ReadAllText(assets))!;
    var components = Components(restored);
    foreach (var component in components)
    {
        licences[component["bom-ref"]!.ToString()] = component["licenses"]![0]!["license"]?["id"]?.ToString() ?? component["licenses"]![0]!["license"]!["name"]!.ToString();
    }

    var file = Path.Combine(output, $"{name}.cdx.json");
    File.WriteAllText(file, Bom(name, restored, components).ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    Console.WriteLine($"{file}: {components.Count} packages");
}

File.WriteAllLines(Path.Combine(output, "licences.md"), ["| package | licence |", "|---|---|", .. licences.Select(licence => $"| {licence.Key} | {licence.Value} |")]);
var refused = licences.Where(licence => !allowed.Contains(licence.Value)).ToList();
foreach (var (package, licence) in refused)
{
    Console.Error.WriteLine($"{package}: the licence '{licence}' is not allowed. Take another package, or add the licence to deploy/sbom.cs once somebody has read it.");
}

Console.WriteLine($"{licences.Count} packages in all, {licences.Values.Distinct().Count()} licences, {refused.Count} refused");
return refused.Count == 0 ? 0 : 1;

// Packages that run: what only the build uses (analyzers, generators) is not in the image.
List<JsonObject> Components(JsonNode restored)
{
    var folders = restored["packageFolders"]!.AsObject().Select(folder => folder.Key).ToList();
    return [.. restored["targets"]!.AsObject().Single().Value!.AsObject()
        .Where(library => library.Value!["type"]!.ToString() == "package" && (HasFiles(library.Value, "runtime") || HasFiles(library.Value, "runtimeTargets")))
        .Select(library => Component(library.Key, restored["libraries"]![library.Key]!, folders))
        .OrderBy(component => component["bom-ref"]!.ToString(), StringComparer.Ordinal)];
}

bool HasFiles(JsonNode library, string kind) => library[kind] is JsonObject files && files.Any(file => !file.Key.EndsWith("/_._", StringComparison.Ordinal));

JsonObject Component(string key, JsonNode library, List<string> folders)
{
    var (id, version) = (key[..key.IndexOf('/')], key[(key.IndexOf('/') + 1)..]);
    var folder = folders.Select(folder => Path.Combine(folder, library["path"]!.ToString())).First(Directory.Exists);
    var metadata = XDocument.Load(Directory.GetFiles(folder, "*.nuspec").Single()).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
    string? Text(string name) => metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value.Trim();
    var declared = metadata.Elements().FirstOrDefault(element => element.Name.LocalName == "license");
    var licence = declared?.Attribute("type")?.Value == "expression" ? declared.Value : read.GetValueOrDefault(key) ?? "unknown";

    return new JsonObject
    {
        ["type"] = "library",
        ["bom-ref"] = $"pkg:nuget/{id}@{version}",
        ["authors"] = new JsonArray(new JsonObject { ["name"] = Text("authors") ?? "unknown" }),
        ["name"] = id,
        ["version"] = version,
        ["description"] = Text("description") ?? "",
        ["hashes"] = new JsonArray(new JsonObject { ["alg"] = "SHA-512", ["content"] = Convert.ToHexStringLower(Convert.FromBase64String(library["sha512"]!.ToString())) }),
        ["licenses"] = new JsonArray(new JsonObject { ["license"] = new JsonObject { [licence == "unknown" ? "name" : "id"] = licence } }),
        ["purl"] = $"pkg:nuget/{id}@{version}",
    };
}

JsonObject Bom(string name, JsonNode restored, List<JsonObject> components)
{
    var version = restored["project"]!["version"]!.ToString();
    var known = components.ToDictionary(component => component["name"]!.ToString(), component => component["bom-ref"]!.ToString(), StringComparer.OrdinalIgnoreCase);
    var libraries = restored["targets"]!.AsObject().Single().Value!.AsObject();
    var byName = libraries.ToDictionary(library => library.Key[..library.Key.IndexOf('/')], library => library.Value!, StringComparer.OrdinalIgnoreCase);

    // A package without files of its own, such as Grpc.AspNetCore, stands for those that it names.
    IEnumerable<string> Resolve(string package) => known.TryGetValue(package, out var reference) ? [reference]
        : byName.TryGetValue(package, out var library) ? DependenciesOf(library).SelectMany(Resolve)
        : [];
    JsonObject Dependency(string reference, IEnumerable<string> on) => new()
    {
        ["ref"] = reference,
        ["dependsOn"] = new JsonArray([.. on.SelectMany(Resolve).Distinct().Order(StringComparer.Ordinal).Select(dependency => JsonValue.Create(dependency))]),
    };
    IEnumerable<string> DependenciesOf(JsonNode library) => library["dependencies"] is JsonObject dependencies ? dependencies.Select(dependency => dependency.Key) : [];

    // A service depends on what it names and on what the projects that it refers to name.
    var direct = restored["project"]!["frameworks"]!.AsObject().Single().Value!["dependencies"]!.AsObject().Select(dependency => dependency.Key)
        .Concat(libraries.Where(library => library.Value!["type"]!.ToString() == "project").SelectMany(library => DependenciesOf(library.Value!)));
    return new JsonObject
    {
        ["$schema"] = "http://cyclonedx.org/schema/bom-1.6.schema.json",
        ["bomFormat"] = "CycloneDX",
        ["specVersion"] = "1.6",
        ["version"] = 1,
        ["metadata"] = new JsonObject
        {
            ["component"] = new JsonObject { ["type"] = "application", ["bom-ref"] = name, ["name"] = $"CloudNativeAi.{name}", ["version"] = version },
        },
        ["components"] = new JsonArray([.. components]),
        ["dependencies"] = new JsonArray([
            Dependency(name, direct),
            .. components.Select(component => Dependency(component["bom-ref"]!.ToString(), DependenciesOf(libraries[$"{component["name"]}/{component["version"]}"]!))),
        ]),
    };
}

static string ThisFile([CallerFilePath] string path = "") => path;
