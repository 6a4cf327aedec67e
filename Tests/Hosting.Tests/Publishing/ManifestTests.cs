using System.Text.Json.Nodes;

namespace CloudNativeAi.Hosting.Tests.Publishing;

/// <summary>The manifest of a small model, expression by expression, as Aspire documents it.</summary>
public sealed class ManifestTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("manifest-").FullName;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Parameters_have_inputs_and_defaults()
    {
        var manifest = await PublishAsync(builder =>
        {
            var region = builder.AddParameter("region", "west", publishValueAsDefault: true);
            var key = builder.AddParameter("api-key", secret: true);
            var store = builder.AddConnectionString("warehouse");
            builder.AddContainer("app", "example.org/app", "1.2")
                .WithEnvironment("REGION", region)
                .WithEnvironment("TOKEN", $"Bearer {key}")
                .WithReference(store);
        });

        Equal(
            """
            {
              "region": { "type": "parameter.v0", "value": "{region.inputs.value}", "inputs": { "value": { "type": "string", "default": { "value": "west" } } } },
              "api-key": { "type": "parameter.v0", "value": "{api-key.inputs.value}", "inputs": { "value": { "type": "string", "secret": true } } },
              "warehouse": {
                "type": "parameter.v0", "connectionString": "{warehouse.value}", "value": "{warehouse.inputs.value}",
                "inputs": { "value": { "type": "string", "secret": true } }
              },
              "app": {
                "type": "container.v0", "image": "example.org/app:1.2",
                "env": { "REGION": "{region.value}", "TOKEN": "Bearer {api-key.value}", "ConnectionStrings__warehouse": "{warehouse.connectionString}" }
              }
            }
            """,
            manifest);
    }

    [Fact]
    public async Task Stores_are_containers_and_databases_are_values()
    {
        var manifest = await PublishAsync(builder =>
        {
            var postgres = builder.AddPostgres("pg").WithDataVolume("pg-data");
            var orders = postgres.AddDatabase("orders", "sales");
            builder.AddContainer("app", "app").WithEnvironment("URL", orders.Resource.UriExpression).WithEnvironment("DB", orders);
        });

        Equal(
            """
            {
              "pg": {
                "type": "container.v0",
                "connectionString": "Host={pg.bindings.tcp.host};Port={pg.bindings.tcp.port};Username=postgres;Password={pg-password.value}",
                "image": "docker.io/library/postgres:17.6",
                "volumes": [ { "name": "pg-data", "target": "/var/lib/postgresql/data", "readOnly": false } ],
                "env": {
                  "POSTGRES_HOST_AUTH_METHOD": "scram-sha-256",
                  "POSTGRES_INITDB_ARGS": "--auth-host=scram-sha-256 --auth-local=scram-sha-256",
                  "POSTGRES_USER": "postgres",
                  "POSTGRES_PASSWORD": "{pg-password.value}"
                },
                "bindings": { "tcp": { "scheme": "tcp", "protocol": "tcp", "transport": "tcp", "targetPort": 5432 } }
              },
              "orders": {
                "type": "value.v0",
                "connectionString": "Host={pg.bindings.tcp.host};Port={pg.bindings.tcp.port};Username=postgres;Password={pg-password.value};Database=sales"
              },
              "app": {
                "type": "container.v0", "image": "app:latest",
                "env": {
                  "URL": "postgresql://postgres:{pg-password-uri-encoded.value}@{pg.bindings.tcp.host}:{pg.bindings.tcp.port}/sales",
                  "DB": "{orders.connectionString}"
                }
              },
              "pg-password": {
                "type": "parameter.v0", "value": "{pg-password.inputs.value}",
                "inputs": { "value": { "type": "string", "secret": true, "default": { "generate": { "minLength": 22 } } } }
              },
              "pg-password-uri-encoded": { "type": "annotated.string", "value": "{pg-password.value}", "filter": "uri" }
            }
            """,
            manifest);
    }

    [Fact]
    public async Task Projects_have_bindings_and_find_one_another()
    {
        var manifest = await PublishAsync(builder =>
        {
            var api = builder.AddProject("api", WriteProject("Api", """{ "Kestrel": { "Endpoints": { "http": { "Url": "http://127.0.0.1:5000" }, "grpc": { "Url": "http://127.0.0.1:5001", "Protocols": "Http2" } } } }"""));
            builder.AddProject("job", WriteProject("Job", "{}")).WithReference(api).WithHttpEndpoint(name: "admin").WithExternalHttpEndpoints().WaitFor(api).WithReplicas(3).WithArgs("--once");
        });

        Equal(
            """
            {
              "api": {
                "type": "project.v0", "path": "Api/Api.csproj",
                "env": {
                  "OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY": "in_memory",
                  "ASPNETCORE_FORWARDEDHEADERS_ENABLED": "true",
                  "Kestrel__Endpoints__grpc__Url": "http://*:{api.bindings.grpc.targetPort}",
                  "Kestrel__Endpoints__http__Url": "http://*:{api.bindings.http.targetPort}"
                },
                "bindings": {
                  "grpc": { "scheme": "http", "protocol": "tcp", "transport": "http2", "targetPort": 5001 },
                  "http": { "scheme": "http", "protocol": "tcp", "transport": "http", "targetPort": 5000 },
                  "https": { "scheme": "https", "protocol": "tcp", "transport": "http", "targetPort": 5001 }
                }
              },
              "job": {
                "type": "project.v0", "path": "Job/Job.csproj", "args": [ "--once" ],
                "env": {
                  "OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY": "in_memory",
                  "ASPNETCORE_FORWARDEDHEADERS_ENABLED": "true",
                  "HTTP_PORTS": "{job.bindings.admin.targetPort}",
                  "API_GRPC": "{api.bindings.grpc.url}",
                  "services__api__grpc__0": "{api.bindings.grpc.url}",
                  "API_HTTP": "{api.bindings.http.url}",
                  "services__api__http__0": "{api.bindings.http.url}",
                  "API_HTTPS": "{api.bindings.https.url}",
                  "services__api__https__0": "{api.bindings.https.url}"
                },
                "bindings": { "admin": { "scheme": "http", "protocol": "tcp", "transport": "http", "external": true } }
              }
            }
            """,
            manifest);
    }

    [Fact]
    public async Task Endpoints_that_nobody_numbered_get_ports_from_8000()
    {
        var manifest = await PublishAsync(builder => builder.AddContainer("c", "c")
            .WithEndpoint(name: "one", scheme: "tcp")
            .WithEndpoint(name: "two", scheme: "tcp", port: 9000)
            .WithEndpoint(name: "three", scheme: "tcp", port: 80, targetPort: 8080));

        var bindings = manifest["c"]!["bindings"]!;
        Assert.Equal(8000, (int)bindings["one"]!["targetPort"]!);
        Assert.Equal(9000, (int)bindings["two"]!["targetPort"]!);
        Assert.Null(bindings["two"]!["port"]);
        Assert.Equal(80, (int)bindings["three"]!["port"]!);
        Assert.Equal(8080, (int)bindings["three"]!["targetPort"]!);
    }

    [Fact]
    public async Task Failure_leaves_the_manifest_that_was_there()
    {
        var path = Path.Combine(_directory, "aspire-manifest.json");
        await File.WriteAllTextAsync(path, "before", CancellationToken);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => PublishAsync(builder =>
            builder.AddContainer("c", "c").WithEnvironment(_ => throw new InvalidOperationException("broken variable"))));

        Assert.Equal("broken variable", error.Message);
        Assert.Equal("before", await File.ReadAllTextAsync(path, CancellationToken));
        Assert.Single(Directory.GetFiles(_directory));
    }

    private string WriteProject(string name, string settings)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_directory, name)).FullName;
        File.WriteAllText(Path.Combine(folder, "appsettings.json"), settings);
        var project = Path.Combine(folder, $"{name}.csproj");
        File.WriteAllText(project, "<Project Sdk=\"Microsoft.NET.Sdk.Web\" />");
        return project;
    }

    private async Task<JsonObject> PublishAsync(Action<IDistributedApplicationBuilder> declare)
    {
        var path = Path.Combine(_directory, "aspire-manifest.json");
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
        {
            Args = ["--publisher", "manifest", "--output-path", path, "--ephemeral"],
            ProjectDirectory = _directory,
        });
        declare(builder);
        await using var application = builder.Build();
        await application.StartAsync(CancellationToken);

        return JsonNode.Parse(await File.ReadAllTextAsync(path, CancellationToken))!["resources"]!.AsObject();
    }

    private static void Equal(string expected, JsonObject actual)
    {
        var node = JsonNode.Parse(expected)!;
        Assert.True(JsonNode.DeepEquals(node, actual), $"Expected {node}{Environment.NewLine}but found {actual}");
        Assert.Equal(node.AsObject().Select(entry => entry.Key), actual.Select(entry => entry.Key));
    }
}
