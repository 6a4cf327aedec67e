using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Benchmarks.Inference;

/// <summary>A script of the folder <c>peers</c>, serving on a port of its own.</summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    private const string Ready = "ready: ";

    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private PeerProcess(Process process, int port, string what) => (_process, Address, What) = (process, new Uri($"http://127.0.0.1:{port}"), what);

    public Uri Address { get; }

    /// <summary>Its own word for itself, with versions.</summary>
    public string What { get; }

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>A script for Node, with the packages it needs; null, and a message, where they are not to be had.</summary>
    /// <param name="arguments">After the port.</param>
    public static async Task<PeerProcess?> StartNodeAsync(string script, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var directory = Copy();
        if (!Directory.Exists(Path.Combine(directory, "node_modules")))
        {
            // Scripts of packages would fetch what does not come from the registry, such as CUDA libraries; a lock file would name the registry.
            string[] install = ["install", "--ignore-scripts", "--no-package-lock", "--omit=dev", "--no-audit", "--no-fund", "--silent"];
            if (await RunAsync("npm", install, directory, InstallLimit, cancellationToken) is { } problem)
            {
                Directory.Delete(directory, recursive: true);
                Console.WriteLine($"Skipped {script}: {problem}");
                return null;
            }
        }

        return await StartAsync("node", directory, script, arguments, cancellationToken);
    }

    /// <summary>A script for Python; null, and a message, where it lacks the modules.</summary>
    /// <param name="modules">Such as <c>fastapi, uvicorn</c>.</param>
    public static async Task<PeerProcess?> StartPythonAsync(string script, string modules, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        // Debian's modules are those of its own Python, which need not be the first in PATH.
        var directory = Copy();
        foreach (var python in (string[])["python3", "/usr/bin/python3"])
        {
            if (await RunAsync(python, ["-c", $"import {modules}"], directory, StartLimit, cancellationToken) is null)
            {
                return await StartAsync(python, directory, script, arguments, cancellationToken);
            }
        }

        Console.WriteLine($"Skipped {script}: no python3 has the modules {modules}.");
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    // Scripts find packages beside themselves; those lie outside the sources, a folder for each set.
    private static string Copy()
    {
        var sources = Path.Combine(Repository.Root, "Tests", "Benchmarks", "peers");
        var packages = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(sources, "package.json"))))[..12];
        var directory = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "peers", packages)).FullName;
        foreach (var file in Directory.GetFiles(sources))
        {
            File.Copy(file, Path.Combine(directory, Path.GetFileName(file)), overwrite: true);
        }

        return directory;
    }

    private static async Task<PeerProcess?> StartAsync(string program, string directory, string script, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var port = PostgresServer.FreePort();
        // The script ends when its input does: with this process, however it ends.
        var start = new ProcessStartInfo(program, [script, $"{port}", .. arguments])
        {
            WorkingDirectory = directory, RedirectStandardInput = true, RedirectStandardOutput = true, Environment = { ["NODE_ENV"] = "production" },
        };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        var process = Start(start, out var problem);
        if (process is not null)
        {
            try
            {
                if (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line && line.StartsWith(Ready, StringComparison.Ordinal))
                {
                    return new PeerProcess(process, port, line[Ready.Length..]);
                }

                problem = "it ended or said something else than that it is ready";
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                problem = $"it was not ready within {StartLimit.TotalSeconds:N0} s";
            }

            process.Kill(entireProcessTree: true);
            process.Dispose();
        }

        Console.WriteLine($"Skipped {script}: {problem}.");
        return null;
    }

    /// <summary>Null, or why it failed.</summary>
    private static async Task<string?> RunAsync(string program, string[] arguments, string directory, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(atMost);
        using var process = Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = directory, RedirectStandardError = true, RedirectStandardOutput = true }, out var problem);
        if (process is null)
        {
            return problem;
        }

        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = (await process.StandardError.ReadToEndAsync(limit.Token)).Trim();
            await output;
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? null : $"'{program} {string.Join(' ', arguments)}' ended with {process.ExitCode}. {error}";
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            return $"'{program} {string.Join(' ', arguments)}' took longer than {atMost}.";
        }
    }

    private static Process? Start(ProcessStartInfo start, out string problem)
    {
        problem = "";
        try
        {
            return Process.Start(start);
        }
        catch (Win32Exception)
        {
            problem = $"{start.FileName} is not installed.";
            return null;
        }
    }
}
