// Declares nothing by itself, so that each test adds the resources it is about; "--scenario tree" is what the tests kill from outside.
var builder = DistributedApplication.CreateBuilder(args);

if (builder.Configuration["scenario"] == "tree")
{
    // A process, a grandchild of its own session, and one that does not mind being asked to end.
    var trace = builder.Configuration["trace"]!;
    var store = builder.AddExecutable("store", "perl", "/", "-e", $"$SIG{{TERM}} = sub {{ open my $f, '>>', '{trace}'; print $f \"store\\n\"; exit 0 }}; sleep 1 while 1");
    builder.AddExecutable("user", "perl", "/", "-e", $"$SIG{{TERM}} = sub {{ open my $f, '>>', '{trace}'; print $f \"user\\n\"; exit 0 }}; sleep 1 while 1").WaitFor(store);
    builder.AddExecutable("daemon", "/bin/sh", "/", "-c", "setsid sleep 1000 & setsid sleep 1000 & wait");
    builder.AddExecutable("deaf", "/bin/sh", "/", "-c", "trap '' TERM INT; while :; do sleep 1000; done");
    builder.AddProject("service", "../TestService/TestService.csproj").WithHttpEndpoint().WithHttpHealthCheck("/health").WaitFor(store);
}

await builder.Build().RunAsync();

/// <summary>Entry point; public for the tests.</summary>
public partial class Program;
