using CloudNativeAi.Monitoring.Alerts;
using CloudNativeAi.Monitoring.Baselines;
using CloudNativeAi.Monitoring.Champions;
using CloudNativeAi.Monitoring.Evaluation;
using CloudNativeAi.Monitoring.Health;
using CloudNativeAi.Monitoring.Labels;
using CloudNativeAi.Monitoring.PredictionLog;
using CloudNativeAi.Monitoring.Retraining;
using CloudNativeAi.Monitoring.Store;
using CloudNativeAi.Monitoring.Telemetry;
using CloudNativeAi.ServiceDefaults.Stores;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddStore();
builder.Services.AddSingleton<MonitoringMetrics>();
builder.AddPredictionLog();
builder.AddLabels();
builder.AddBaselines();
builder.AddChampions();
builder.AddEvaluation();
builder.AddAlerts();
builder.AddRetraining();
builder.AddModelHealth();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapPredictionLog();
app.MapLabels();
app.MapRetraining();
app.MapModelHealth();
await app.RunOrMigrateAsync();

public partial class Program;
