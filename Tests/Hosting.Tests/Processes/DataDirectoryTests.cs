using Aspire.Hosting.DataDirectories;
using CloudNativeAi.Hosting.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.Hosting.Tests.Processes;

public sealed class DataDirectoryTests
{
    [Fact]
    public async Task Ephemeral_directory_goes_with_an_application_that_started_no_process()
    {
        string path;
        await using (var application = await TestApplication.StartAsync(builder => builder.AddParameter("only", "a value"), "--ephemeral"))
        {
            path = application.Services.GetRequiredService<DataDirectory>().Path;
            Assert.True(Directory.Exists(path));

            await application.StopAsync(TestApplication.Patience());
        }

        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public async Task Ephemeral_directory_goes_with_an_application_that_was_never_started()
    {
        var path = "";
        await using (var application = await TestApplication.BuildAsync(
            builder => ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, "secret").GetValueAsync(default).AsTask().Wait(), "--ephemeral"))
        {
            path = application.Services.GetRequiredService<DataDirectory>().Path;
            Assert.True(Directory.Exists(path));
        }

        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public async Task Named_directory_stays_and_is_of_one_run_at_a_time()
    {
        using var directory = new TemporaryDirectory();
        string[] arguments = ["--data-directory", directory.Path];
        await using (await TestApplication.StartAsync(_ => { }, arguments))
        {
            var exception = await Assert.ThrowsAsync<DistributedApplicationException>(() => TestApplication.StartAsync(_ => { }, arguments));

            Assert.Contains($"(process {Environment.ProcessId}) uses the data directory '{directory.Path}'", exception.Message, StringComparison.Ordinal);
        }

        await using var next = await TestApplication.StartAsync(_ => { }, arguments);
        Assert.True(Directory.Exists(directory.Path));
    }

    [Fact]
    public async Task Ephemeral_directory_goes_although_a_process_that_ends_still_writes_to_it()
    {
        using var parent = new TemporaryDirectory();
        var directory = new DataDirectory(Path.Combine(parent.Path, "data"), isEphemeral: true);
        var session = directory.Session("service");
        var writing = Task.Run(
            () =>
            {
                for (var file = 0; file < 2_000 && Directory.Exists(session); file++)
                {
                    try
                    {
                        File.WriteAllText(Path.Combine(session, $"{file}"), "last words");
                    }
                    catch (DirectoryNotFoundException)
                    {
                        return;
                    }
                }
            },
            TestContext.Current.CancellationToken);

        directory.Dispose();

        await writing;
        Assert.False(Directory.Exists(directory.Path));
    }
}
