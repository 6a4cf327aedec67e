using CloudNativeAi.Ingestion.DeadLetters;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Events;
using CloudNativeAi.Ingestion.Pulls;
using CloudNativeAi.Ingestion.Quality;
using CloudNativeAi.Ingestion.Sources;
using CloudNativeAi.Ingestion.UploadJobs;
using CloudNativeAi.ServiceDefaults.Stores;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddEventLog();
builder.AddSources();
builder.AddEvents();
builder.AddUploadJobs();
builder.AddPulls();
builder.AddDeadLetters();
builder.AddQuality();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapSources();
app.MapEvents();
app.MapUploadJobs();
app.MapPulls();
app.MapDeadLetters();
app.MapEventLog();
app.MapQuality();
await app.RunOrMigrateAsync();

public partial class Program;
