using System.Net.Http.Json;
using Aspire.Hosting.Testing;
using CloudNativeAi.Hosting.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.Hosting.Tests.Running;

public sealed class RestartTests
{
    [Fact]
    public async Task Killed_project_is_started_again_within_seconds()
    {
        await using var application = await TestApplication.StartAsync(builder => builder.AddTestService("service"));
        await application.WaitUntilHealthyAsync("service");
        using var client = application.CreateHttpClient("service");
        var before = await client.GetFromJsonAsync<int>("/pid", TestApplication.Patience());

        await application.KillAsync("service", TestApplication.Patience());
        var killed = application.State("service").StopTimeStamp!.Value;
        await application.WaitUntilHealthyAsync("service");

        Assert.NotEqual(before, await client.GetFromJsonAsync<int>("/pid", TestApplication.Patience()));
        Assert.InRange(application.State("service").StartTimeStamp!.Value - killed, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        Assert.Contains(application.Log("service"), line => line.Contains("Ended with exit code 137; starting it again in 1.00 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Project_that_always_fails_is_given_up_and_so_is_what_waits_for_it()
    {
        await using var application = await TestApplication.StartAsync(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(new AcceleratedTime(20));
            var failing = builder.AddTestService("failing").WithEnvironment("EXIT_CODE", "3");
            builder.AddSleeper("waiting").WaitFor(failing);
        });

        var failed = await application.WaitForStateAsync("failing", KnownResourceStates.FailedToStart);
        await application.WaitForStateAsync("waiting", KnownResourceStates.FailedToStart);

        Assert.Equal(3, failed.ExitCode);
        Assert.Equal(5, application.Log("failing").Count(line => line == "about to fail"));
        Assert.Contains("Ended with exit code 3, 5 times in a row without becoming healthy; not started again", application.Log("failing"));
        Assert.Contains(
            "'waiting' needs 'failing', which is FailedToStart: Ended with exit code 3, 5 times in a row without becoming healthy; not started again.",
            application.Log("waiting"));
    }

    [Fact]
    public async Task Given_up_project_can_be_started_by_command()
    {
        await using var application = await TestApplication.StartAsync(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(new AcceleratedTime(20));
            var attempts = 0;
            builder.AddTestService("service").WithEnvironment(context =>
            {
                if (Interlocked.Increment(ref attempts) <= 5)
                {
                    context.EnvironmentVariables["EXIT_CODE"] = "1";
                }
            });
        });
        await application.WaitForStateAsync("service", KnownResourceStates.FailedToStart);

        var result = await application.ResourceCommands.ExecuteCommandAsync("service", KnownResourceCommands.StartCommand, TestApplication.Patience());
        await application.WaitForStateAsync("service", KnownResourceStates.Running);

        Assert.True(result.Success);
        await application.WaitUntilHealthyAsync("service");
    }

    [Fact]
    public async Task Project_that_ends_without_an_error_is_finished()
    {
        await using var application = await TestApplication.StartAsync(builder => builder.AddTestService("service"));
        await application.WaitUntilHealthyAsync("service");
        using var client = application.CreateHttpClient("service");

        // The answer may be lost with the process.
        _ = client.PostAsync("/exit/0", null, TestApplication.Patience());
        var finished = await application.WaitForStateAsync("service", KnownResourceStates.Finished);

        Assert.Equal(0, finished.ExitCode);
        Assert.Equal(0, finished.Restarts);
    }

    [Fact]
    public async Task Program_that_fails_is_not_started_again()
    {
        await using var application = await TestApplication.StartAsync(builder => builder.AddShell("program", "echo once; exit 7"));

        var exited = await application.WaitForStateAsync("program", KnownResourceStates.Exited);

        Assert.Equal(7, exited.ExitCode);
        Assert.Single(application.Log("program"), "once");
    }
}
