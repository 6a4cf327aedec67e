using System.Diagnostics;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.Hosting.Tests.Support;

/// <summary>Applications of the tests' own AppHost, to which each test adds the resources it is about.</summary>
internal static class TestApplication
{
    public const string ServiceProject = "../TestService/TestService.csproj";

    public static async Task<DistributedApplication> BuildAsync(Action<IDistributedApplicationTestingBuilder> declare, params string[] arguments)
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Program>(arguments, TestContext.Current.CancellationToken);
        declare(builder);
        return await builder.BuildAsync(TestContext.Current.CancellationToken);
    }

    public static async Task<DistributedApplication> StartAsync(Action<IDistributedApplicationTestingBuilder> declare, params string[] arguments)
    {
        var application = await BuildAsync(declare, arguments);
        try
        {
            await application.StartAsync(TestContext.Current.CancellationToken);
            return application;
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    /// <summary>The test service, which has one endpoint named http and answers at /health.</summary>
    public static IResourceBuilder<ProjectResource> AddTestService(this IDistributedApplicationBuilder builder, string name) =>
        builder.AddProject(name, ServiceProject).WithHttpHealthCheck("/health");

    /// <summary>A shell command as a resource.</summary>
    public static IResourceBuilder<ExecutableResource> AddShell(this IDistributedApplicationBuilder builder, string name, string command) =>
        builder.AddExecutable(name, "/bin/sh", "/", "-c", command);

    /// <summary>A process that runs until it is ended.</summary>
    public static IResourceBuilder<ExecutableResource> AddSleeper(this IDistributedApplicationBuilder builder, string name) =>
        builder.AddExecutable(name, "sleep", "/", "1000");

    public static IReadOnlyList<string> Log(this DistributedApplication application, string resource) =>
        [.. application.Services.GetRequiredService<ResourceLoggerService>().Kept(resource).Select(line => line.Content)];

    public static CustomResourceSnapshot State(this DistributedApplication application, string resource) =>
        application.ResourceNotifications.TryGetCurrentState(resource, out var current)
            ? current.Snapshot
            : throw new InvalidOperationException($"The resource '{resource}' has no state yet.");

    /// <summary>Waits until the resource is in that state, no longer than <see cref="Patience"/>.</summary>
    public static async Task<CustomResourceSnapshot> WaitForStateAsync(this DistributedApplication application, string resource, string state)
    {
        var reached = await application.ResourceNotifications.WaitForResourceAsync(resource, @event => @event.Snapshot.State?.Text == state, Patience());
        return reached.Snapshot;
    }

    public static Task WaitUntilHealthyAsync(this DistributedApplication application, string resource) =>
        application.ResourceNotifications.WaitForResourceHealthyAsync(resource, Patience());

    /// <summary>The test's token, cancelled after a time that no step of these tests needs.</summary>
    public static CancellationToken Patience()
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        source.CancelAfter(TimeSpan.FromSeconds(45));
        return source.Token;
    }

    /// <summary>Asks again and again, for what nobody announces.</summary>
    public static async Task EventuallyAsync(Func<bool> condition, TimeSpan limit, string expectation)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < limit, $"Not within {limit.TotalSeconds} s: {expectation}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
