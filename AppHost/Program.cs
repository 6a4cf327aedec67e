using CloudNativeAi.AppHost;

if (HelpText.IsAskedFor(args))
{
    HelpText.Print();
    return;
}

var builder = DistributedApplication.CreateBuilder(args);
var data = builder.ServiceData();

// Stores
var postgres = builder.AddPostgres("postgres").WithDataVolume("postgres-data");
var eventLog = postgres.AddDatabase("event-log", "ingestion");
var featureDefinitions = postgres.AddDatabase("feature-definitions", "features");
var trainingJobs = postgres.AddDatabase("training-jobs", "training");
var modelVersions = postgres.AddDatabase("model-versions", "registry");
var predictionLog = postgres.AddDatabase("prediction-log", "monitoring");
var onlineStore = builder.AddRedis("online-store").WithDataVolume("online-store-data");

// The path: event -> ingestion -> feature-store -> training -> model-registry -> inference -> monitoring -> training
var ingestion = builder.AddProject("ingestion", "../Services/Ingestion/Ingestion.csproj")
    .WithReference(eventLog, "ingestion").WaitFor(eventLog)
    .WithPublishedPorts()
    .WithHttpHealthCheck("/health");

var featureStore = builder.AddProject("feature-store", "../Services/FeatureStore/FeatureStore.csproj")
    .WithReference(featureDefinitions, "features").WaitFor(featureDefinitions)
    .WithReference(onlineStore).WaitFor(onlineStore)
    .WithReference(ingestion)
    .WithDataDirectory(data)
    .WithPublishedPorts()
    .WithHttpHealthCheck("/health");

var modelRegistry = builder.AddProject("model-registry", "../Services/ModelRegistry/ModelRegistry.csproj")
    .WithReference(modelVersions, "registry").WaitFor(modelVersions)
    // Asked before a version is promoted; nothing else of the registry needs it.
    .WithReference(featureStore)
    .WithDataDirectory(data)
    .WithPublishedPorts()
    .WithHttpHealthCheck("/health");

var training = builder.AddProject("training", "../Services/Training/Training.csproj")
    .WithReference(trainingJobs, "training").WaitFor(trainingJobs)
    .WithReference(featureStore).WaitFor(featureStore)
    .WithReference(modelRegistry).WaitFor(modelRegistry)
    .WithDataDirectory(data)
    // Threads of LightGBM that wait must sleep, not spin: they share the cores with the other services.
    .WithEnvironment("OMP_WAIT_POLICY", "PASSIVE")
    .WithPublishedPorts()
    .WithHttpHealthCheck("/health");

var monitoring = builder.AddProject("monitoring", "../Services/Monitoring/Monitoring.csproj")
    .WithReference(predictionLog, "monitoring").WaitFor(predictionLog)
    .WithReference(modelRegistry)
    .WithReference(training)
    .WithPublishedPorts()
    .WithHttpHealthCheck("/health");

var inference = builder.AddProject("inference", "../Services/Inference/Inference.csproj")
    .WithReference(featureStore)
    .WithReference(modelRegistry)
    .WithReference(monitoring)
    .WithDataDirectory(data)
    .WithPublishedPorts()
    .WithHttpHealthCheck("/health");

// Model operations in the browser
var web = builder.AddProject("web", "../Web/Web.csproj")
    .WithReference(ingestion)
    .WithReference(featureStore)
    .WithReference(training)
    .WithReference(modelRegistry)
    .WithReference(inference)
    .WithReference(monitoring)
    .WithWebPort()
    .WithExternalHttpEndpoints()
    .WithPublishedPorts()
    .WithHttpHealthCheck("/health");

// The outside world of the sample; only on a developer's machine
if (builder.ExecutionContext.IsRunMode && builder.Configuration["sample"] != "none")
{
    builder.AddProject("flights", "../Samples/Flights/Flights.csproj")
        .WithReference(ingestion).WaitFor(ingestion)
        .WithReference(featureStore).WaitFor(featureStore)
        .WithReference(training).WaitFor(training)
        .WithReference(modelRegistry).WaitFor(modelRegistry)
        .WithReference(inference).WaitFor(inference)
        .WithReference(monitoring).WaitFor(monitoring)
        .WithReference(web).WaitFor(web)
        .WithDataDirectory(data)
        .WithSampleOptions();
}

// The Helm chart, when it is asked for
if (builder.IsChartAskedFor())
{
    builder.AddKubernetes();
}

await builder.Build().RunAsync();

/// <summary>Entry point; public for tests that start the whole application.</summary>
public partial class Program;
