using Aspire.Hosting.Testing;
using CloudNativeAi.Hosting.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.Hosting.Tests.Testing;

public sealed class TestingBuilderTests
{
    [Fact]
    public async Task Clients_and_endpoints_are_found_by_name()
    {
        await using var application = await TestApplication.StartAsync(builder => builder.AddTestService("service").WithHttpEndpoint(name: "grpc"));
        await application.WaitUntilHealthyAsync("service");

        using var client = application.CreateHttpClient("service");
        using var other = application.CreateHttpClient("SERVICE", "grpc");

        Assert.Equal("well", await client.GetStringAsync("/health", TestApplication.Patience()));
        Assert.Equal("well", await other.GetStringAsync("/health", TestApplication.Patience()));
        Assert.NotEqual(client.BaseAddress, other.BaseAddress);
        Assert.Throws<ArgumentException>(() => application.GetEndpoint("service", "none"));
        Assert.Throws<ArgumentException>(() => application.GetEndpoint("nobody"));
    }

    [Fact]
    public async Task Connection_string_is_found_by_name()
    {
        await using var application = await TestApplication.StartAsync(
            builder => builder.AddConnectionString("warehouse"), "--ConnectionStrings:warehouse=Host=elsewhere");

        Assert.Equal("Host=elsewhere", await application.GetConnectionStringAsync("warehouse", TestApplication.Patience()));
    }

    [Fact]
    public async Task Waiting_for_what_has_failed_fails_with_the_reason()
    {
        await using var application = await TestApplication.StartAsync(builder => builder.AddExecutable("tool", "no-such-program", "/"));

        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(() => application.WaitUntilHealthyAsync("tool"));

        Assert.Equal(
            "Stopped waiting for resource 'tool' to become healthy because it is FailedToStart: The program 'no-such-program' is not in PATH.", exception.Message);
    }

    [Fact]
    public async Task Waiting_for_a_child_of_what_has_failed_fails_with_the_reason()
    {
        await using var application = await TestApplication.StartAsync(builder =>
        {
            var server = builder.AddExecutable("server", "no-such-program", "/");
            builder.AddResource(new Child("database", server.Resource));
        });

        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(() => application.WaitUntilHealthyAsync("database"));

        Assert.Contains("The program 'no-such-program' is not in PATH", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_for_what_does_not_exist_fails_at_once()
    {
        await using var application = await TestApplication.StartAsync(builder => builder.AddSleeper("known"));

        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(() => application.WaitUntilHealthyAsync("unknown"));

        Assert.Equal("There is no resource 'unknown'. There are: known.", exception.Message);
    }

    [Fact]
    public async Task Waiting_ends_with_the_application()
    {
        await using var application = await TestApplication.StartAsync(builder => builder.AddSleeper("never").WithHealth(new ManualHealth(isHealthy: false)));
        var wait = application.ResourceNotifications.WaitForResourceHealthyAsync("never", WaitBehavior.WaitOnResourceUnavailable, TestApplication.Patience());

        await application.StopAsync(TestApplication.Patience());

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        Assert.Contains("The application ended before", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Entry_point_that_fails_says_why()
    {
        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => DistributedApplicationTestingBuilder.CreateAsync<Program>(["--operation", "nonsense"], TestContext.Current.CancellationToken));

        Assert.Contains("nonsense", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Services_of_the_test_replace_those_of_the_host()
    {
        var time = new AcceleratedTime(2);
        await using var application = await TestApplication.BuildAsync(builder => builder.Services.AddSingleton<TimeProvider>(time));

        Assert.Same(time, application.Services.GetRequiredService<TimeProvider>());
    }

    private sealed class Child(string name, IResource parent) : Resource(name), IResourceWithParent<IResource>
    {
        public IResource Parent => parent;
    }
}
