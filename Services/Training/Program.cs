using CloudNativeAi.ServiceDefaults.Stores;
using CloudNativeAi.Training.Jobs;
using CloudNativeAi.Training.Pipelines;
using CloudNativeAi.Training.Registration;
using CloudNativeAi.Training.TrainingSets;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddNpgsqlDataSource("training");
builder.AddMigrations<Program>("training");
builder.AddJobs();
builder.AddTrainingSets();
builder.AddPipelines();
builder.AddRegistration();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapJobs();
await app.RunOrMigrateAsync();

public partial class Program;
