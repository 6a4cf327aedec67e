using Aspire.Hosting.Processes;
using CloudNativeAi.Hosting.Tests.Support;

namespace CloudNativeAi.Hosting.Tests.Processes;

public sealed class ProcessTreeTests
{
    [Fact]
    public async Task Killed_host_leaves_no_process_and_no_ephemeral_data()
    {
        using var temporary = new TemporaryDirectory();
        using var host = new HostProcess(temporary.Path, "--ephemeral", "--stubborn", "true", "--trace", temporary.File("trace"));
        await host.WaitUntilUpAsync("echo store", "echo user", "setsid sleep 1000", "trap '' TERM", "TestService");
        Assert.NotEmpty(Directory.GetDirectories(temporary.Path, "apphost-*"));

        Posix.Signal(host.Id, PosixSignalNumber.Kill);

        await TestApplication.EventuallyAsync(() => host.Tree().Count == 0, TimeSpan.FromSeconds(5), "no process left");
        Assert.Empty(Directory.GetDirectories(temporary.Path, "apphost-*"));
    }

    [Fact]
    public async Task Asked_to_end_the_host_stops_everything_in_reverse_order()
    {
        using var temporary = new TemporaryDirectory();
        var trace = temporary.File("trace");
        using var host = new HostProcess(temporary.Path, "--ephemeral", "--trace", trace);
        await host.WaitUntilUpAsync("echo store", "echo user", "TestService");

        Posix.Signal(host.Id, PosixSignalNumber.Terminate);
        var exitCode = await host.WaitForExitAsync();

        Assert.Equal(0, exitCode);
        Assert.Equal(["user", "store"], await File.ReadAllLinesAsync(trace, TestContext.Current.CancellationToken));
        Assert.Empty(host.Tree());
        Assert.Empty(Directory.GetDirectories(temporary.Path, "apphost-*"));
    }

    [Fact]
    public async Task Disposed_without_a_stop_the_application_leaves_no_process()
    {
        int processId;
        await using (var application = await TestApplication.StartAsync(builder => builder.AddTestService("service")))
        {
            await application.WaitUntilHealthyAsync("service");
            processId = (int)application.State("service").Properties.Single(property => property.Name == "executable.pid").Value!;
        }

        Assert.False(Directory.Exists($"/proc/{processId}"));
    }

    [Fact]
    public async Task Project_is_asked_to_end_and_given_time()
    {
        await using var application = await TestApplication.StartAsync(builder => builder.AddTestService("service"));
        await application.WaitUntilHealthyAsync("service");

        await application.StopAsync(TestApplication.Patience());

        Assert.Contains("stopped in order", application.Log("service"));
        Assert.Equal(0, application.State("service").ExitCode);
    }
}
