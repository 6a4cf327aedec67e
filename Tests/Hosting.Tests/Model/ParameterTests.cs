using CloudNativeAi.Hosting.Tests.Support;

namespace CloudNativeAi.Hosting.Tests.Model;

public sealed class ParameterTests
{
    [Fact]
    public async Task Value_comes_from_configuration()
    {
        await using var application = await TestApplication.StartAsync(
            builder => builder.AddSleeper("service").WithEnvironment("REGION", builder.AddParameter("region")), "--Parameters:region=north");

        var service = await application.WaitForStateAsync("service", KnownResourceStates.Running);

        Assert.Equal("north", Assert.Single(service.EnvironmentVariables).Value);
    }

    [Fact]
    public async Task Missing_value_is_told_by_whom_it_concerns()
    {
        await using var application = await TestApplication.StartAsync(
            builder => builder.AddSleeper("service").WithEnvironment("REGION", builder.AddParameter("region")));

        var service = await application.WaitForStateAsync("service", KnownResourceStates.FailedToStart);
        await application.WaitForStateAsync("region", KnownResourceStates.ValueMissing);

        Assert.Contains("Set the environment variable 'Parameters__region'", service.Failure, StringComparison.Ordinal);
        await Assert.ThrowsAsync<DistributedApplicationException>(() => application.WaitUntilHealthyAsync("region"));
    }

    [Fact]
    public async Task Generated_secret_is_the_same_at_the_next_start()
    {
        using var directory = new TemporaryDirectory();

        var first = await GeneratedAsync("--data-directory", directory.Path);
        var second = await GeneratedAsync("--data-directory", directory.Path);
        var elsewhere = await GeneratedAsync("--ephemeral");

        Assert.Equal(22, first.Length);
        Assert.Equal(first, second);
        Assert.NotEqual(first, elsewhere);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(directory.File("secrets.json")));
    }

    private static async Task<string> GeneratedAsync(params string[] arguments)
    {
        var value = "";
        await using var application = await TestApplication.BuildAsync(
            builder => value = ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, "secret").GetValueAsync(default).AsTask().Result!, arguments);
        return value;
    }
}
