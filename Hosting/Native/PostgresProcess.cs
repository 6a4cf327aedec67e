using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Processes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Native;

/// <summary>Runs a PostgreSQL server in the foreground on its own data directory, made at the first start.</summary>
internal static class PostgresProcess
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static async Task<ProcessSpecification> PrepareAsync(NativeProcessContext context, CancellationToken cancellationToken)
    {
        var server = (PostgresServerResource)context.Resource;
        var processes = context.Services.GetRequiredService<ProcessSupervisor>();
        var data = Path.Combine(context.DataDirectory, "pgdata");
        var versionFile = Path.Combine(data, "PG_VERSION");

        string bin;
        UnprivilegedUser.CheckCanReach(context.DataDirectory);
        await UnprivilegedUser.OwnAsync(processes, context.DataDirectory, cancellationToken);
        if (File.Exists(versionFile))
        {
            var version = (await File.ReadAllTextAsync(versionFile, cancellationToken)).Trim();
            bin = await PostgresBinaries.FindForClusterAsync(processes, data, version, context.Logger, cancellationToken);
            await PreviousPostgres.EndAsync(data, context.Logger, cancellationToken);
        }
        else
        {
            bin = await PostgresBinaries.FindAsync(context.Logger, cancellationToken);
            await InitializeAsync(context, server, processes, bin, data, cancellationToken);
        }

        var port = server.PrimaryEndpoint.EndpointAnnotation.InstancePorts[0];
        string[] settings =
        [
            $"port={port.ToString(CultureInfo.InvariantCulture)}",
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            // Six services with a pool of 100 each never fill them all at once.
            "max_connections=500",
            "shared_buffers=128MB",
            .. context.IsDurable ? Array.Empty<string>() : ["fsync=off", "synchronous_commit=off", "full_page_writes=off"],
        ];
        return UnprivilegedUser.Run(Path.Combine(bin, "postgres"), ["-D", data, .. settings.SelectMany(setting => (string[])["-c", setting])], context.DataDirectory)
            with { StopSignal = PosixSignalNumber.Interrupt };
    }

    // Made beside and moved into place, so that a crash leaves no half-made cluster.
    private static async Task InitializeAsync(
        NativeProcessContext context, PostgresServerResource server, ProcessSupervisor processes, string bin, string data, CancellationToken cancellationToken)
    {
        context.Logger.LogInformation("Creating the database cluster");
        var fresh = $"{data}.new";
        if (Directory.Exists(fresh))
        {
            Directory.Delete(fresh, recursive: true);
        }

        var passwordFile = Path.Combine(context.DataDirectory, "initdb.password");
        await using (var file = new FileStream(passwordFile, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        await using (var writer = new StreamWriter(file))
        {
            await writer.WriteAsync(await server.PasswordParameter.GetValueAsync(cancellationToken));
        }

        try
        {
            await UnprivilegedUser.OwnAsync(processes, passwordFile, cancellationToken);
            var user = await server.UserNameReference.GetValueAsync(cancellationToken) ?? "postgres";
            string[] arguments =
            [
                "-D", fresh, "-U", user, $"--pwfile={passwordFile}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions",
                .. context.IsDurable ? Array.Empty<string>() : ["--no-sync"],
            ];
            var initialize = await processes.RunAsync(UnprivilegedUser.Run(Path.Combine(bin, "initdb"), arguments, context.DataDirectory), cancellationToken);
            if (initialize.ExitCode != 0)
            {
                throw new DistributedApplicationException($"initdb failed with exit code {initialize.ExitCode}:{Environment.NewLine}{initialize.Output}");
            }

            Directory.Move(fresh, data);
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }
}
