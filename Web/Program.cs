using CloudNativeAi.ServiceDefaults.Health;
using CloudNativeAi.Web.Clients;
using CloudNativeAi.Web.Components;
using CloudNativeAi.Web.Live;
using CloudNativeAi.Web.Security;

var builder = WebApplication.CreateBuilder(args);

// Package assets (_content) are served from the build output as well, not only when published or in Development.
builder.WebHost.UseStaticWebAssets();

builder.AddServiceDefaults();
builder.AddClients();
builder.AddLive();
builder.AddPages();

var app = builder.Build();
app.UseExceptionHandler("/error", createScopeForErrors: true);
app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
app.UseSecurityHeaders();
app.UseResponseCompression();
app.UseAntiforgery();
app.MapHealth();
app.MapPrometheusScrapingEndpoint();
app.MapPages();
app.Run();

public partial class Program;
