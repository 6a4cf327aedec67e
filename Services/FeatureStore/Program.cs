using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Feast;
using CloudNativeAi.FeatureStore.Materialization;
using CloudNativeAi.FeatureStore.OfflineStore;
using CloudNativeAi.FeatureStore.OnlineStore;
using CloudNativeAi.FeatureStore.Parity;
using CloudNativeAi.FeatureStore.Retrieval;
using CloudNativeAi.FeatureStore.Statistics;
using CloudNativeAi.FeatureStore.TrainingSets;
using CloudNativeAi.ServiceDefaults.Stores;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddNpgsqlDataSource("features");
builder.AddMigrations<Program>("features");
builder.AddDefinitions();
builder.AddOfflineStore();
builder.AddOnlineStore();
builder.AddMaterialization();
builder.AddRetrieval();
builder.AddFeast();
builder.AddTrainingSets();
builder.AddStatistics();
builder.AddParity();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapDefinitions();
app.MapMaterialization();
app.MapRetrieval();
app.MapFeast();
app.MapTrainingSets();
app.MapStatistics();
app.MapParity();
await app.RunOrMigrateAsync();

public partial class Program;
