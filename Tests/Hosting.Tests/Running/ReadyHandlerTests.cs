using CloudNativeAi.Hosting.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.Hosting.Tests.Running;

public sealed class ReadyHandlerTests
{
    [Fact]
    public async Task Failure_shows_in_the_state_and_health_is_still_checked()
    {
        var health = new ManualHealth(isHealthy: true);
        await using var application = await TestApplication.StartAsync(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(new AcceleratedTime(20));
            var store = builder.AddSleeper("store").WithHealth(health)
                .OnResourceReady((_, _, _) => throw new InvalidOperationException("no room for the database"));
            builder.AddSleeper("user").WaitFor(store);
        });

        var failed = await application.WaitForStateAsync("store", KnownResourceStates.RuntimeUnhealthy);
        var checks = health.Checks;
        await application.WaitForStateAsync("user", KnownResourceStates.FailedToStart);
        await TestApplication.EventuallyAsync(() => health.Checks > checks + 2, TimeSpan.FromSeconds(10), "more health checks");

        Assert.Contains(failed.HealthReports, report => report.ExceptionText == "no room for the database");
        Assert.Contains(application.State("store").HealthReports, report => report.ExceptionText == "no room for the database");
        Assert.Contains("A handler of the ready event failed: no room for the database", application.Log("store"));
        Assert.Contains(application.Log("user"), line => line.Contains("no room for the database", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Those_who_wait_start_after_the_handlers_are_done()
    {
        var prepared = new TaskCompletionSource();
        await using var application = await TestApplication.StartAsync(builder =>
        {
            var store = builder.AddSleeper("store").OnResourceReady((_, _, _) => prepared.Task);
            builder.AddSleeper("user").WaitFor(store);
        });
        await application.WaitForStateAsync("store", KnownResourceStates.Running);
        await application.WaitForStateAsync("user", KnownResourceStates.Waiting);

        prepared.SetResult();

        await application.WaitForStateAsync("user", KnownResourceStates.Running);
    }
}
