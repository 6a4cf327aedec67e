using System.Globalization;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Processes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Native;

/// <summary>
/// Runs a server of the Redis protocol: the .NET tool garnet-server of the repository, or <c>redis-server</c> when the configuration
/// key <c>Redis:Server</c> says so.
/// </summary>
internal static class RedisProcess
{
    private const string ToolId = "garnet-server";

    public static async Task<ProcessSpecification> PrepareAsync(NativeProcessContext context, CancellationToken cancellationToken)
    {
        var redis = (RedisResource)context.Resource;
        var configuration = context.Services.GetRequiredService<IConfiguration>();
        var port = redis.PrimaryEndpoint.EndpointAnnotation.InstancePorts[0].ToString(CultureInfo.InvariantCulture);
        var password = redis.PasswordParameter is { } parameter ? await parameter.GetValueAsync(cancellationToken) : null;

        return configuration["Redis:Server"] == "redis-server"
            ? await RedisServerAsync(context, port, password, cancellationToken)
            : await GarnetAsync(context, configuration, port, password, cancellationToken);
    }

    private static async Task<ProcessSpecification> GarnetAsync(
        NativeProcessContext context, IConfiguration configuration, string port, string? password, CancellationToken cancellationToken)
    {
        var assembly = await GarnetTool.FindAsync(ToolId, context, cancellationToken);

        // What outgrows the memory goes to disk; without the tier it would be dropped in silence. The default device needs libaio, which
        // many machines lack.
        List<string> arguments =
        [
            "exec", "--roll-forward", "Major", assembly, "--bind", "127.0.0.1", "--port", port,
            "--memory", configuration["Garnet:Memory"] ?? "256m", "--index", configuration["Garnet:Index"] ?? "16m",
            "--storage-tier", "--logdir", context.DataDirectory, "--segment", "64m", "--device-type", "RandomAccess",
            "--lua", "--lua-transaction-mode",
        ];

        // Garnet's script sandbox is atomic only in transaction mode. The password is in a file, where ps does not show it.
        if (password is not null)
        {
            var settings = Path.Combine(context.SettingsDirectory, "garnet.json");
            await WritePrivateAsync(settings, JsonSerializer.Serialize(new { AuthenticationMode = "Password", Password = password }), cancellationToken);
            arguments.AddRange(["--config-import-path", settings]);
        }

        // A write is acknowledged when the log has it: 1 ms more for each round trip, and a kill loses none. At the limit the store is
        // compacted, a checkpoint taken and the log before it cut, a segment at a time (1 GB unless told otherwise).
        if (context.IsDurable)
        {
            arguments.AddRange([
                "--checkpointdir", context.DataDirectory, "--compaction-type", "Lookup", "--compaction-max-segments", "8",
                "--aof", "--aof-commit-wait", "--aof-memory", "64m", "--aof-segment-size", "64m",
                "--aof-size-limit", configuration["Garnet:LogLimit"] ?? "256m", "--recover",
            ]);
        }

        return new ProcessSpecification("dotnet", arguments, context.DataDirectory);
    }

    private static async Task<ProcessSpecification> RedisServerAsync(NativeProcessContext context, string port, string? password, CancellationToken cancellationToken)
    {
        var settings = Path.Combine(context.SettingsDirectory, "redis.conf");
        string[] lines =
        [
            "bind 127.0.0.1",
            $"port {port}",
            $"dir \"{context.DataDirectory}\"",
            context.IsDurable ? "appendonly yes" : "save \"\"",
            .. password is null ? Array.Empty<string>() : [$"requirepass \"{password}\""],
        ];
        await WritePrivateAsync(settings, string.Join('\n', lines), cancellationToken);
        return new ProcessSpecification("redis-server", [settings], context.DataDirectory);
    }

    private static async Task WritePrivateAsync(string path, string text, CancellationToken cancellationToken)
    {
        File.Delete(path);
        await using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await using var writer = new StreamWriter(file);
        await writer.WriteAsync(text.AsMemory(), cancellationToken);
    }
}
