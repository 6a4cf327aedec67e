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

    /// <summary>Gives the directory to that user, and lets him pass through the directories above it that this application made.</summary>
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
