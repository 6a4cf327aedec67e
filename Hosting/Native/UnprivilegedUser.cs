using System.Globalization;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Native;

/// <summary>PostgreSQL refuses to run as root: as root, its programs run as nobody, who then owns its data.</summary>
internal static class UnprivilegedUser
{
    private const int Nobody = 65_534;

    public static ProcessSpecification Run(string program, IReadOnlyList<string> arguments, string workingDirectory) =>
        Environment.IsPrivilegedProcess
            ? new ProcessSpecification(
                "setpriv",
                [string.Create(CultureInfo.InvariantCulture, $"--reuid={Nobody}"), string.Create(CultureInfo.InvariantCulture, $"--regid={Nobody}"), "--clear-groups", program, .. arguments],
                workingDirectory)
            : new ProcessSpecification(program, arguments, workingDirectory);

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

    /// <summary>An error that says what to do, where that user may not pass through to the directory.</summary>
    public static void CheckCanReach(string directory)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        for (var parent = Directory.GetParent(directory); parent is { Parent: not null }; parent = parent.Parent)
        {
            if (!parent.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
            {
                throw new DistributedApplicationException(
                    $"PostgreSQL runs as the user 'nobody', who may not pass through '{parent.FullName}'. Run 'chmod o+x {parent.FullName}', or choose another place with --data-directory DIR.");
            }
        }
    }
}
