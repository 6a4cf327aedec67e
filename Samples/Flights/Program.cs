using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Flights;
using CloudNativeAi.Flights.Replay;
using CloudNativeAi.ServiceDefaults.Grpc;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = Host.CreateApplicationBuilder(args);
builder.AddServiceDefaults();

builder.Services.AddOptionsWithValidateOnStart<FlightsOptions, FlightsOptionsValidator>().Bind(builder.Configuration.GetSection("Flights"));
builder.Services.AddServiceClient<Sources.SourcesClient>("ingestion");
builder.Services.AddServiceClient<EventIngestion.EventIngestionClient>("ingestion");
builder.Services.AddServiceClient<FeatureDefinitions.FeatureDefinitionsClient>("feature-store");
builder.Services.AddServiceClient<Materialization.MaterializationClient>("feature-store");
builder.Services.AddServiceClient<TrainingJobs.TrainingJobsClient>("training");
builder.Services.AddServiceClient<ModelRegistry.ModelRegistryClient>("model-registry");
builder.Services.AddServiceClient<Prediction.PredictionClient>("inference");
builder.Services.AddServiceClient<Labels.LabelsClient>("monitoring");
builder.Services.AddSingleton<FlightServices>();
builder.Services.AddSingleton<Retry>();
builder.Services.AddSingleton<EventSender>();
builder.Services.AddSingleton<FlightDefinitions>();
builder.Services.AddSingleton<HistoryLoader>();
builder.Services.AddSingleton<ModelTraining>();
builder.Services.AddHostedService<FlightsWorker>();

await builder.Build().RunAsync();
