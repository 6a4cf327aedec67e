using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.Native;
using Aspire.Hosting.Testing;
using CloudNativeAi.Hosting.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace CloudNativeAi.Hosting.Tests.Native;

/// <summary>All on the directory of one cluster, because making one takes seconds.</summary>
public sealed class PostgresTests(PostgresTests.Cluster cluster) : IClassFixture<PostgresTests.Cluster>
{
    [Fact]
    public async Task Databases_are_created_and_connections_suffice_for_every_pool()
    {
        await using var application = await cluster.StartAsync();
        await application.WaitUntilHealthyAsync("orders");

        Assert.Equal("shop", await QueryAsync(application, "SELECT current_database()"));
        Assert.Equal("500", await QueryAsync(application, "SHOW max_connections"));
        Assert.Equal("on", await QueryAsync(application, "SHOW fsync"));
    }

    [Fact]
    public async Task Data_survive_a_kill_of_the_server()
    {
        await using var application = await cluster.StartAsync();
        await application.WaitUntilHealthyAsync("orders");
        await QueryAsync(application, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 42 AS answer; SELECT '' ");

        await application.KillAsync("postgres", TestApplication.Patience());
        await application.WaitUntilHealthyAsync("postgres");
        NpgsqlConnection.ClearAllPools();

        Assert.Equal("42", await QueryAsync(application, "SELECT answer::text FROM kept"));
    }

    [Fact]
    public async Task Lock_file_with_the_id_of_another_program_does_not_hinder()
    {
        // PostgreSQL heeds processes of its own user only.
        var sleep = UnprivilegedUser.Run("/bin/sleep", ["1000"], "/");
        using var stranger = Process.Start(new ProcessStartInfo(sleep.FileName, sleep.Arguments))!;
        try
        {
            await File.WriteAllTextAsync(cluster.LockFile, $"{stranger.Id}\n{cluster.Data}\n", TestContext.Current.CancellationToken);

            await using var application = await cluster.StartAsync();

            await application.WaitUntilHealthyAsync("orders");
            Assert.Equal(0, application.State("postgres").Restarts);
        }
        finally
        {
            stranger.Kill();
        }
    }

    [Fact]
    public async Task Server_that_a_killed_host_has_left_is_stopped()
    {
        using var orphan = await cluster.RunServerAsync(ofHost: true);

        await using var application = await cluster.StartAsync();

        await application.WaitUntilHealthyAsync("orders");
        await orphan.WaitForExitAsync(TestApplication.Patience());
        Assert.Contains(application.Log("postgres"), line => line.Contains("the server of an earlier run", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Server_of_somebody_else_is_an_error_that_names_it()
    {
        using var server = await cluster.RunServerAsync(ofHost: false);
        try
        {
            await using var application = await cluster.StartAsync();

            var failed = await application.WaitForStateAsync("postgres", KnownResourceStates.FailedToStart);

            Assert.Contains($"process {server.Id}) still runs in '{cluster.Data}'. Stop it first: kill -INT {server.Id}", failed.Failure, StringComparison.Ordinal);
        }
        finally
        {
            Aspire.Hosting.Processes.Posix.Signal(server.Id, Aspire.Hosting.Processes.PosixSignalNumber.Interrupt);
            await server.WaitForExitAsync(TestApplication.Patience());
        }
    }

    [Fact]
    public async Task Data_of_another_version_are_an_error_that_names_both()
    {
        using var directory = new TemporaryDirectory();
        var data = Directory.CreateDirectory(directory.File("volumes/postgres-data/pgdata")).FullName;
        await File.WriteAllTextAsync(Path.Combine(data, "PG_VERSION"), "9\n", TestContext.Current.CancellationToken);

        await using var application = await Cluster.StartAsync(directory.Path);
        var failed = await application.WaitForStateAsync("postgres", KnownResourceStates.FailedToStart);
        await application.WaitForStateAsync("orders", KnownResourceStates.FailedToStart);

        Assert.Contains($"The data in '{data}' are of PostgreSQL 9, and this machine has PostgreSQL {cluster.Version} in", failed.Failure, StringComparison.Ordinal);
        Assert.Contains("--data-directory DIR", failed.Failure, StringComparison.Ordinal);
        Assert.DoesNotContain(application.Log("postgres"), line => line.Contains("initdb", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Server_runs_below_a_directory_that_is_roots_alone()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only as root does the server run as another user.");
        using var directory = new TemporaryDirectory();
        var closed = Closed(directory);

        await using var application = await Cluster.StartAsync(Path.Combine(closed, "data"));
        await application.WaitUntilHealthyAsync("orders");

        Assert.Equal("1", await QueryAsync(application, "SELECT '1'"));
    }

    [Fact]
    public void Directory_that_the_servers_user_cannot_reach_is_an_error_that_says_what_to_do()
    {
        using var directory = new TemporaryDirectory();
        var closed = Closed(directory);

        var error = Assert.Throws<DistributedApplicationException>(() => UnprivilegedUser.CheckIsOpen(Path.Combine(closed, "data", "pgdata")));

        Assert.Contains($"chmod o+x {closed}", error.Message, StringComparison.Ordinal);
        Assert.Contains("--data-directory DIR", error.Message, StringComparison.Ordinal);
    }

    private static string Closed(TemporaryDirectory directory) =>
        Directory.CreateDirectory(directory.File("closed"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;

    private static async Task<string?> QueryAsync(DistributedApplication application, string sql)
    {
        await using var source = NpgsqlDataSource.Create((await application.GetConnectionStringAsync("orders", TestApplication.Patience()))!);
        await using var command = source.CreateCommand(sql);
        return (string?)await command.ExecuteScalarAsync(TestApplication.Patience());
    }

    public sealed class Cluster : IAsyncLifetime
    {
        private readonly TemporaryDirectory _directory = new();

        public string Data => _directory.File("volumes/postgres-data/pgdata");

        public string LockFile => Path.Combine(Data, "postmaster.pid");

        public string Version => File.ReadAllText(Path.Combine(Data, "PG_VERSION")).Trim();

        public async ValueTask InitializeAsync()
        {
            await using var application = await StartAsync();
            await application.WaitUntilHealthyAsync("orders");
            await application.StopAsync(TestApplication.Patience());
        }

        public ValueTask DisposeAsync()
        {
            NpgsqlConnection.ClearAllPools();
            _directory.Dispose();
            return ValueTask.CompletedTask;
        }

        public Task<DistributedApplication> StartAsync(params string[] arguments) => StartAsync(_directory.Path, arguments);

        public static Task<DistributedApplication> StartAsync(string directory, params string[] arguments) => TestApplication.StartAsync(
            builder => builder.AddPostgres("postgres").WithDataVolume("postgres-data").AddDatabase("orders", "shop"),
            ["--data-directory", directory, .. arguments]);

        /// <summary>A server that runs in the cluster already, with or without the mark of a host's process.</summary>
        public async Task<Process> RunServerAsync(bool ofHost)
        {
            var bin = await PostgresBinaries.FindAsync(NullLogger.Instance, TestApplication.Patience());
            var specification = UnprivilegedUser.Run(
                Path.Combine(bin, "postgres"),
                ["-D", Data, "-p", Aspire.Hosting.Processes.FreePorts.Take().ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
                _directory.Path);
            var start = new ProcessStartInfo(specification.FileName, specification.Arguments) { WorkingDirectory = _directory.Path, RedirectStandardError = true };
            if (ofHost)
            {
                start.Environment[Aspire.Hosting.Processes.Watchdog.MarkerVariable] = "an earlier run";
            }

            var server = Process.Start(start)!;
            server.ErrorDataReceived += (_, _) => { };
            server.BeginErrorReadLine();
            await TestApplication.EventuallyAsync(
                () => File.Exists(LockFile) && File.ReadAllText(LockFile).Contains("ready", StringComparison.Ordinal), TimeSpan.FromSeconds(30), "a server in the cluster");
            return server;
        }
    }
}
