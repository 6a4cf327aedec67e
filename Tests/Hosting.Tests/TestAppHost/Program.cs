// Declares nothing by itself, so that each test adds the resources it is about; "--scenario tree" is what the tests kill from outside.
var builder = DistributedApplication.CreateBuilder(args);

if (builder.Configuration["scenario"] == "tree")
{
    var trace = builder.Configuration["trace"];
    string Announcing(string name) => $"trap 'echo {name} >> {trace}; exit 0' TERM; while :; do sleep 1000 & wait $!; done";

    var store = builder.AddExecutable("store", "/bin/sh", "/", "-c", Announcing("store"));
    builder.AddExecutable("user", "/bin/sh", "/", "-c", Announcing("user")).WaitFor(store);
    builder.AddProject("service", "../TestService/TestService.csproj").WithHttpHealthCheck("/health").WaitFor(store);

    // Grandchildren in sessions of their own, and one that does not mind being asked to end.
    if (builder.Configuration["stubborn"] == "true")
    {
        builder.AddExecutable("daemon", "/bin/sh", "/", "-c", "setsid sleep 1000 & setsid sleep 1000 & wait");
        builder.AddExecutable("deaf", "/bin/sh", "/", "-c", "trap '' TERM INT; while :; do sleep 1000; done");
    }
}

await builder.Build().RunAsync();

/// <summary>Entry point; public for the tests.</summary>
public partial class Program;
