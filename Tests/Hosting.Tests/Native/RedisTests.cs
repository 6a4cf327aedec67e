using Aspire.Hosting.Testing;
using CloudNativeAi.Hosting.Tests.Support;
using StackExchange.Redis;

namespace CloudNativeAi.Hosting.Tests.Native;

public sealed class RedisTests
{
    [Fact]
    public async Task Data_survive_a_kill_of_the_server_and_a_new_start_of_the_application()
    {
        using var directory = new TemporaryDirectory();
        await using (var application = await StartAsync(directory))
        {
            await using (var redis = await ConnectAsync(application))
            {
                await redis.GetDatabase().StringSetAsync("before", "the kill");
            }

            await application.KillAsync("cache", TestApplication.Patience());
            await application.WaitUntilHealthyAsync("cache");

            await using (var redis = await ConnectAsync(application))
            {
                Assert.Equal("the kill", await redis.GetDatabase().StringGetAsync("before"));
                await redis.GetDatabase().StringSetAsync("after", "the kill");
            }

            await application.StopAsync(TestApplication.Patience());
        }

        await using var next = await StartAsync(directory);
        await using var connection = await ConnectAsync(next);
        Assert.Equal("the kill", await connection.GetDatabase().StringGetAsync("before"));
        Assert.Equal("the kill", await connection.GetDatabase().StringGetAsync("after"));
    }

    [Fact]
    public async Task Log_is_cut_when_it_reaches_its_limit()
    {
        using var directory = new TemporaryDirectory();
        await using var application = await StartAsync(directory, "--Garnet:LogLimit=64m");
        await using var redis = await ConnectAsync(application);
        var value = new byte[1024 * 1024];

        for (var write = 0; write < 300; write++)
        {
            await redis.GetDatabase().StringSetAsync("same", value);
        }

        var log = Path.Combine(directory.Path, "volumes", "cache-data");
        await TestApplication.EventuallyAsync(() => LengthOfFiles(log) < 200L * value.Length, TimeSpan.FromSeconds(30), "a log of less than 200 MB");
        Assert.Equal(value.Length, await redis.GetDatabase().StringLengthAsync("same"));
    }

    [Fact]
    public async Task More_than_fits_in_memory_is_kept()
    {
        const int count = 1_500;
        using var directory = new TemporaryDirectory();
        await using var application = await StartAsync(directory, "--Garnet:Memory=64m");
        var value = new byte[64 * 1024];
        await using (var redis = await ConnectAsync(application))
        {
            for (var key = 0; key < count; key++)
            {
                await redis.GetDatabase().StringSetAsync($"key:{key}", value);
            }
        }

        await application.KillAsync("cache", TestApplication.Patience());
        await application.WaitUntilHealthyAsync("cache");

        await using var after = await ConnectAsync(application);
        for (var key = 0; key < count; key++)
        {
            Assert.Equal(value.Length, await after.GetDatabase().StringLengthAsync($"key:{key}"));
        }
    }

    [Fact]
    public async Task Scripts_run_and_other_passwords_are_refused()
    {
        using var directory = new TemporaryDirectory();
        await using var application = await StartAsync(directory);
        await using var redis = await ConnectAsync(application);

        var result = await redis.GetDatabase().ScriptEvaluateAsync("redis.call('SET', KEYS[1], ARGV[1]); return redis.call('GET', KEYS[1])", ["key"], ["value"]);

        Assert.Equal("value", (string?)result);
        var wrong = ConfigurationOptions.Parse((await application.GetConnectionStringAsync("cache", TestApplication.Patience()))!);
        wrong.Password = "another";
        await Assert.ThrowsAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync(wrong));
    }

    // The tool's manifest is the repository's: it is looked for above the AppHost.
    private static async Task<DistributedApplication> StartAsync(TemporaryDirectory directory, params string[] arguments)
    {
        var application = await TestApplication.StartAsync(
            builder => builder.AddRedis("cache").WithDataVolume("cache-data"), ["--data-directory", directory.Path, .. arguments]);
        await application.WaitUntilHealthyAsync("cache");
        return application;
    }

    private static async Task<ConnectionMultiplexer> ConnectAsync(DistributedApplication application) =>
        await ConnectionMultiplexer.ConnectAsync((await application.GetConnectionStringAsync("cache", TestApplication.Patience()))!);

    private static long LengthOfFiles(string directory) =>
        Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Sum(file => File.Exists(file) ? new FileInfo(file).Length : 0);
}
