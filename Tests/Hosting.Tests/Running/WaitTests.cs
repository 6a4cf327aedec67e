using CloudNativeAi.Hosting.Tests.Support;

namespace CloudNativeAi.Hosting.Tests.Running;

public sealed class WaitTests
{
    [Fact]
    public async Task WaitFor_waits_for_health_and_WaitForStart_does_not()
    {
        var health = new ManualHealth(isHealthy: false);
        await using var application = await TestApplication.StartAsync(builder =>
        {
            var store = builder.AddSleeper("store").WithHealth(health);
            builder.AddSleeper("patient").WaitFor(store);
            builder.AddSleeper("hasty").WaitForStart(store);
        });

        await application.WaitForStateAsync("hasty", KnownResourceStates.Running);
        var whileUnhealthy = application.State("patient").State?.Text;
        health.IsHealthy = true;
        var patient = await application.WaitForStateAsync("patient", KnownResourceStates.Running);

        Assert.Equal(KnownResourceStates.Waiting, whileUnhealthy);
        Assert.True(patient.StartTimeStamp >= application.State("store").StartTimeStamp);
    }

    [Fact]
    public async Task WaitForCompletion_waits_for_the_exit_code()
    {
        using var directory = new TemporaryDirectory();
        var file = directory.File("migrated");
        await using var application = await TestApplication.StartAsync(builder =>
        {
            var migration = builder.AddShell("migration", $"sleep 0.2; echo done > {file}");
            builder.AddShell("service", $"cat {file}").WaitForCompletion(migration);
        });

        await application.WaitForStateAsync("service", KnownResourceStates.Finished);

        Assert.Contains("done", application.Log("service"));
    }

    [Fact]
    public async Task WaitForCompletion_fails_when_the_exit_code_is_another()
    {
        await using var application = await TestApplication.StartAsync(builder =>
            builder.AddSleeper("service").WaitForCompletion(builder.AddShell("migration", "exit 4")));

        await application.WaitForStateAsync("service", KnownResourceStates.FailedToStart);

        Assert.Contains(
            "'service' waits for 'migration' to end with exit code 0, but it is Exited: Ended with exit code 4.", application.Log("service"));
    }

    [Fact]
    public async Task One_failed_dependency_is_enough_to_fail()
    {
        await using var application = await TestApplication.StartAsync(builder =>
        {
            var never = builder.AddSleeper("never-healthy").WithHealth(new ManualHealth(isHealthy: false));
            var missing = builder.AddExecutable("missing", "no-such-program", "/");
            builder.AddSleeper("service").WaitFor(never).WaitFor(missing);
        });

        var failed = await application.WaitForStateAsync("service", KnownResourceStates.FailedToStart);

        Assert.Equal("'service' needs 'missing', which is FailedToStart: The program 'no-such-program' is not in PATH.", failed.Failure);
    }

    [Fact]
    public async Task Wait_that_asks_for_it_goes_on_when_the_dependency_fails()
    {
        await using var application = await TestApplication.StartAsync(builder =>
        {
            var attempts = 0;
            var late = builder.AddSleeper("late").WithArgs(_ =>
            {
                if (Interlocked.Increment(ref attempts) == 1)
                {
                    throw new DistributedApplicationException("not yet");
                }
            });
            builder.AddSleeper("service").WaitFor(late, WaitBehavior.WaitOnResourceUnavailable);
        });
        await application.WaitForStateAsync("late", KnownResourceStates.FailedToStart);
        await application.WaitForStateAsync("service", KnownResourceStates.Waiting);

        await application.ResourceCommands.ExecuteCommandAsync("late", KnownResourceCommands.StartCommand, TestApplication.Patience());

        await application.WaitForStateAsync("service", KnownResourceStates.Running);
    }

    [Fact]
    public async Task Restart_of_the_dependency_is_not_its_end()
    {
        var health = new ManualHealth(isHealthy: false);
        await using var application = await TestApplication.StartAsync(builder =>
            builder.AddSleeper("service").WaitFor(builder.AddSleeper("store").WithHealth(health)));
        await application.WaitForStateAsync("store", KnownResourceStates.Running);
        await application.WaitForStateAsync("service", KnownResourceStates.Waiting);

        var result = await application.ResourceCommands.ExecuteCommandAsync("store", KnownResourceCommands.RestartCommand, TestApplication.Patience());
        health.IsHealthy = true;

        Assert.True(result.Success);
        await application.WaitUntilHealthyAsync("service");
    }

    [Fact]
    public async Task Cycle_is_told_before_anything_starts()
    {
        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(() => TestApplication.StartAsync(builder =>
        {
            var first = builder.AddSleeper("first");
            var second = builder.AddSleeper("second").WaitFor(first);
            first.WaitFor(second);
        }));

        Assert.Contains("'first' waits for 'second' waits for 'first'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_for_itself_is_refused()
    {
        await using var application = await TestApplication.BuildAsync(builder =>
        {
            var resource = builder.AddSleeper("resource");

            Assert.Throws<DistributedApplicationException>(() => resource.WaitFor(resource));
        });
    }
}
