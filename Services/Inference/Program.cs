using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.OpenInference;
using CloudNativeAi.Inference.PredictionLog;
using CloudNativeAi.Inference.Predictions;
using CloudNativeAi.Inference.Rest;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddModels();
builder.AddPredictionLog();
builder.AddPredictions();
builder.AddOpenInference();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapOpenInference();
app.MapRest();
app.MapPredictions();
app.Run();

public partial class Program;
