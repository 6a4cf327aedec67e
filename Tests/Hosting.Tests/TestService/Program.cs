using System.Collections;

// A service as small as can be, which shows what the host gave it and fails as it is told.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
var app = builder.Build();

var exitCode = app.Configuration["EXIT_CODE"];
if (exitCode is not null)
{
    Console.WriteLine("about to fail");
    return int.Parse(exitCode, System.Globalization.CultureInfo.InvariantCulture);
}

app.MapGet("/health", () => "well");
app.MapGet("/sick", () => Results.StatusCode(StatusCodes.Status503ServiceUnavailable));
app.MapGet("/pid", () => Environment.ProcessId);
app.MapGet("/environment", () => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
    .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value));
app.MapGet("/arguments", () => args);
app.MapPost("/exit/{code:int}", (int code) => Environment.Exit(code));

await app.StartAsync();
Console.WriteLine("listening");
await app.WaitForShutdownAsync();
Console.WriteLine("stopped in order");
return 0;
