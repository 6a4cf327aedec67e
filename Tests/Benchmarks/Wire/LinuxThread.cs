using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CloudNativeAi.Benchmarks.Wire;

/// <summary>What a load generator asks of the kernel for the thread it is called on.</summary>
internal static class LinuxThread
{
    private const int SetTimerSlack = 29;

    /// <summary>Sleeps end within a few microseconds, not within the usual 50.</summary>
    public static void SleepExactly() => _ = Control(SetTimerSlack, 1, 0, 0, 0);

    /// <summary>Runs this thread, and what it starts, on these processors only.</summary>
    /// <param name="processors">Bit n is processor n.</param>
    public static void Pin(ulong processors)
    {
        if (SetAffinity(0, sizeof(ulong), processors) != 0)
        {
            throw new InvalidOperationException($"Processors {processors:b} are not to be had here: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>Thread.Sleep knows milliseconds only, and spinning would take a core from the server.</summary>
    /// <param name="due">A <see cref="Stopwatch"/> time stamp.</param>
    public static void SleepUntil(long due)
    {
        var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
        if (left > TimeSpan.Zero)
        {
            var wait = new TimeSpec(left.Ticks / TimeSpan.TicksPerSecond, left.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick);
            _ = NanoSleep(wait, IntPtr.Zero);
        }
    }

    [DllImport("libc", EntryPoint = "nanosleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NanoSleep(in TimeSpec wait, IntPtr left);

    [DllImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(int option, ulong first, ulong second, ulong third, ulong fourth);

    [DllImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetAffinity(int thread, nint bytes, in ulong processors);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);
}
