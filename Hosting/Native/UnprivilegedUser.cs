using System.Globalization;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Native;

/// <summary>PostgreSQL refuses to run as root: as root, its programs run as nobody, who then owns its data.</summary>
internal static class UnprivilegedUser
{
    private const int Nobody = 65_534;

    // Number of CAP_DAC_READ_SEARCH.
    private const int ReadSearch = 2;

    public static ProcessSpecification Run(string program, IReadOnlyList<string> arguments, string workingDirectory)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return new ProcessSpecification(program, arguments, workingDirectory);
        }

        // Somewhere below a home that is root's alone, such as /root: the one capability that it takes to pass.
        var passage = FindClosed(workingDirectory) is null && FindClosed(program) is null
            ? Array.Empty<string>()
            : ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"];
        return new ProcessSpecification(
            "setpriv",
            [
                string.Create(CultureInfo.InvariantCulture, $"--reuid={Nobody}"), string.Create(CultureInfo.InvariantCulture, $"--regid={Nobody}"), "--clear-groups",
                .. passage, program, .. arguments,
            ],
            workingDirectory);
    }

    /// <summary>Gives the directory, and what is in it, to that user.</summary>
    public static async Task OwnAsync(ProcessSupervisor processes, string directory, CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        var change = await processes.RunAsync(
            new ProcessSpecification("chown", ["-R", string.Create(CultureInfo.InvariantCulture, $"{Nobody}:{Nobody}"), directory], "/"), cancellationToken);
        if (change.ExitCode != 0)
        {
            throw new DistributedApplicationException($"Cannot give '{directory}' to the user that PostgreSQL runs as: {change.Output}");
        }
    }

    /// <summary>An error that says what to do, where that user may not pass through to the directory and cannot be allowed to.</summary>
    public static void CheckCanReach(string directory)
    {
        if (Environment.IsPrivilegedProcess && !MayGrantPassage())
        {
            CheckIsOpen(directory);
        }
    }

    internal static void CheckIsOpen(string directory)
    {
        if (FindClosed(directory) is { } closed)
        {
            throw new DistributedApplicationException(
                $"PostgreSQL runs as the user 'nobody', who may not pass through '{closed}'. Run 'chmod o+x {closed}', or choose another place with --data-directory DIR.");
        }
    }

    // The nearest folder above the path that only its owner and group pass through.
    private static string? FindClosed(string path)
    {
        for (var parent = Directory.GetParent(path); parent is { Parent: not null }; parent = parent.Parent)
        {
            if (!parent.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
            {
                return parent.FullName;
            }
        }

        return null;
    }

    // A container may run as root without the capability. Source: proc(5), capabilities(7).
    private static bool MayGrantPassage()
    {
        const string Field = "CapEff:";
        const string Status = "/proc/self/status";
        return File.Exists(Status)
            && File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal)) is { } line
            && (ulong.Parse(line.AsSpan(Field.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1UL << ReadSearch)) != 0;
    }
}
