using System.Net.Sockets;
using Aspire.Hosting.Lifecycle;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Testing;
using CloudNativeAi.Hosting.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.Hosting.Tests.Model;

/// <summary>
/// An AppHost compiles against this host as against Aspire's packages: the overloads, optional parameters and constraints below are
/// those of Aspire 13. What these tests do is mostly done by the compiler.
/// </summary>
public sealed class PublicApiTests
{
    [Fact]
    public async Task What_an_AppHost_declares_is_accepted()
    {
        await using var application = await TestApplication.BuildAsync(builder =>
        {
            var postgres = DeclareStores(builder);
            DeclareProjects(builder, postgres);
            DeclarePrograms(builder);
            DeclareEvents(builder, postgres);
        });

        var model = application.Services.GetRequiredService<DistributedApplicationModel>();
        Assert.Equal(
            ["api", "cache", "container", "external", "fixed-key", "image", "log-reader", "orders", "password", "postgres", "region", "script", "tool", "warehouse", "worker"],
            model.Resources.Select(resource => resource.Name).Order());
        var api = Assert.IsType<ProjectResource>(model.Resources.Single(resource => resource.Name == "api"));
        Assert.Equal(2, api.GetReplicaCount());
        Assert.Equal(["grpc", "http", "metrics"], api.GetEndpoints().Select(endpoint => endpoint.EndpointName).Order());
        Assert.True(api.TryGetLastAnnotation<OtlpExporterAnnotation>(out _));
    }

    [Fact]
    public async Task Name_that_is_taken_is_refused()
    {
        await using var application = await TestApplication.BuildAsync(builder =>
        {
            builder.AddSleeper("twice");

            Assert.Throws<DistributedApplicationException>(() => builder.AddSleeper("TWICE"));
        });
    }

    [Fact]
    public async Task Unknown_publishing_step_names_the_host_that_has_it()
    {
        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => TestApplication.StartAsync(builder => builder.AddSleeper("resource"), "--operation", "publish", "--step", "deploy-to-the-moon"));

        Assert.Contains("'deploy-to-the-moon'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("-p:AspireHosting=nuget", exception.Message, StringComparison.Ordinal);
    }

    private static IResourceBuilder<PostgresDatabaseResource> DeclareStores(IDistributedApplicationBuilder builder)
    {
        var password = builder.AddParameter("password", "value", secret: true);
        var postgres = builder.AddPostgres("postgres", userName: null, password: password, port: null)
            .WithDataVolume().WithHostPort(5433).WithPassword(password);
        builder.AddRedis("cache", port: null, password: password).WithDataVolume("cache-data", isReadOnly: false).WithPersistence(TimeSpan.FromSeconds(30), 10).WithHostPort(6380);
        builder.AddParameter("region", () => "north", publishValueAsDefault: true).WithDescription("Where it runs", enableMarkdown: true);
        builder.AddParameter("fixed-key", new GenerateParameterDefault { MinLength = 10, Special = false }, secret: true, persist: true);
        builder.AddConnectionString("warehouse", environmentVariableName: "WAREHOUSE");
        builder.AddExternalService("external", new Uri("https://example.org/"));
        return postgres.AddDatabase("orders", databaseName: "shop").WithCreationScript("CREATE DATABASE shop");
    }

    private static void DeclareProjects(IDistributedApplicationBuilder builder, IResourceBuilder<PostgresDatabaseResource> orders)
    {
        var worker = builder.AddProject<WorkerProject>("worker", launchProfileName: null).WithExplicitStart();
        var api = builder.AddProject("api", TestApplication.ServiceProject, options => options.ExcludeKestrelEndpoints = true)
            .WithReference(orders, connectionName: "log", optional: false).WaitFor(orders)
            .WithReference(worker).WaitForStart(worker, WaitBehavior.StopOnResourceUnavailable)
            .WithReference("elsewhere", new Uri("http://127.0.0.1:9/"))
            .WithHttpEndpoint(name: "grpc", env: "GRPC_PORT").WithEndpoint(port: null, targetPort: null, scheme: "tcp", name: "metrics", protocol: ProtocolType.Tcp, isExternal: false)
            .WithHttpHealthCheck(path: "/health", statusCode: 200, endpointName: "http")
            .WithHttpProbe(ProbeType.Readiness, "/sick", periodSeconds: 10, failureThreshold: 5)
            .WithReplicas(2)
            .WithExternalHttpEndpoints()
            .WithOtlpExporter(OtlpProtocol.HttpProtobuf)
            .WithUrlForEndpoint("http", url => url.DisplayText = "Start here")
            .WithHttpCommand("/exit/0", "End it", commandOptions: new HttpCommandOptions { ConfirmationMessage = "Sure?", IconName = "Delete" })
            .WithReferenceEnvironment(ReferenceEnvironmentInjectionFlags.All)
            .WithIconName("Database", IconVariant.Regular);
        api.WithEnvironment("SELF", $"{api.GetEndpoint("http").Property(EndpointProperty.HostAndPort)}/v1")
            .WithEnvironment("LATER", () => "value")
            .WithEnvironment(context => context.EnvironmentVariables["MODE"] = context.ExecutionContext.IsPublishMode ? "published" : "run");
        worker.WithParentRelationship(api);
    }

    private static void DeclarePrograms(IDistributedApplicationBuilder builder)
    {
        var script = builder.AddExecutable("script", "/bin/sh", ".", "-c", "true").WithArgs(context => context.Args.Add("more"));
        builder.AddExecutable("tool", "python3", ".").WithCommand("python3.12").WithWorkingDirectory("/")
            .WaitForCompletion(script, exitCode: 0)
            .WithCommand("greet", "Say hello", _ => Task.FromResult(CommandResults.Success()), new CommandOptions { IsHighlighted = true });
        builder.AddContainer("image", "quay.io/example", "1.0").WithVolume("data", "/data").WithBindMount("/tmp", "/in", isReadOnly: true)
            .WithEntrypoint("/run").WithContainerRuntimeArgs("--gpus=all").WithLifetime(ContainerLifetime.Session).ExcludeFromManifest();
        builder.AddDockerfile("container", ".", "Dockerfile", stage: "final").WithBuildArg("VERSION", "1").WithImagePullPolicy(ImagePullPolicy.Missing);
    }

    private static void DeclareEvents(IDistributedApplicationBuilder builder, IResourceBuilder<PostgresDatabaseResource> orders)
    {
        orders.OnResourceReady((database, ready, cancellationToken) => Task.CompletedTask)
            .OnConnectionStringAvailable((database, available, cancellationToken) => Task.CompletedTask);
        builder.Eventing.Subscribe<BeforeStartEvent>((@event, cancellationToken) => Task.CompletedTask);
        builder.Services.TryAddEventingSubscriber<Subscriber>();
        var expression = ReferenceExpression.Create($"{orders.Resource.ConnectionStringExpression};Timeout=5");
        builder.AddConnectionString("log-reader", expression);
    }

    private sealed class Subscriber : IDistributedApplicationEventingSubscriber
    {
        public Task SubscribeAsync(IDistributedApplicationEventing eventing, DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class WorkerProject : IProjectMetadata
    {
        public string ProjectPath => Path.Combine(CloudNativeAi.TestSupport.Repository.Root, "Tests", "Hosting.Tests", "TestService", "TestService.csproj");
    }
}
