using System.Runtime.InteropServices;

namespace Aspire.Hosting.Processes;

internal static class Posix
{
    private const int NoSuchProcess = 3;

    /// <summary>False when there is no such process.</summary>
    public static bool Signal(int processId, PosixSignalNumber signal) => Kill(processId, (int)signal) == 0;

    /// <summary>To every process of the group that the process leads. False when the group is empty.</summary>
    public static bool SignalGroup(int leaderId, PosixSignalNumber signal) => Kill(-leaderId, (int)signal) == 0;

    public static bool Exists(int processId) => Kill(processId, 0) == 0 || Marshal.GetLastPInvokeError() != NoSuchProcess;

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}
