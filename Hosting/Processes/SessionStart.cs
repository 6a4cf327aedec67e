using System.Diagnostics;

namespace Aspire.Hosting.Processes;

/// <summary>
/// Starts a program as the leader of a session of its own, so that Ctrl+C in the terminal reaches the host alone and the host can stop
/// its processes in order. <c>setsid</c> and perl replace themselves by the program: the process id is the program's. Not a shell,
/// because dash drops variables with a hyphen in their name, such as <c>services__feature-store__http__0</c>.
/// </summary>
internal static class SessionStart
{
    private static readonly string? Setsid = Programs.Find("setsid");
    private static readonly string? Perl = Setsid is null ? Programs.Find("perl") : null;

    public static ProcessStartInfo Create(string fileName, IEnumerable<string> arguments)
    {
        if (Setsid is not null)
        {
            return new ProcessStartInfo(Setsid, [fileName, .. arguments]);
        }

        return Perl is not null
            ? new ProcessStartInfo(Perl, ["-MPOSIX=setsid", "-e", "setsid(); exec { $ARGV[0] } @ARGV or die \"cannot run $ARGV[0]: $!\\n\"", fileName, .. arguments])
            : throw new DistributedApplicationException(
                "The built-in host needs the program 'setsid' (package util-linux) or 'perl' to start processes. On Windows, use the Windows Subsystem for Linux, or build the AppHost with -p:AspireHosting=nuget.");
    }
}
