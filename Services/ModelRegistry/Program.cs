using System.Text.Json.Serialization;
using CloudNativeAi.ModelRegistry.Aliases;
using CloudNativeAi.ModelRegistry.Artifacts;
using CloudNativeAi.ModelRegistry.Experiments;
using CloudNativeAi.ModelRegistry.ModelVersions;
using CloudNativeAi.ModelRegistry.Watching;
using CloudNativeAi.ServiceDefaults.Stores;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.Services.AddValidation();
builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.NumberHandling |= JsonNumberHandling.AllowNamedFloatingPointLiterals);
builder.AddNpgsqlDataSource("registry");
builder.AddMigrations<Program>("registry");
builder.AddArtifacts();
builder.AddModelVersions();
builder.AddAliases();
builder.AddWatching();
builder.AddExperiments();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapModelVersions();
app.MapAliases();
app.MapExperiments();
await app.RunOrMigrateAsync();

public partial class Program;
