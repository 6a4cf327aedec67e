using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace CloudNativeAi.FeatureStore.OfflineStore.Delta;

/// <summary>
/// File operations that .NET lacks on Unix. File.Move(overwrite: false) tests and then renames there: two writers can both win.
/// link(2) fails for all but one.
/// </summary>
internal static class DurableFiles
{
    private const int FileExists = 17;
    private const int ReadOnly = 0;

    /// <summary>Gives a file a second name unless that name is taken. Exactly one of many callers gets true.</summary>
    public static bool LinkIfAbsent(string existing, string name)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                // One system call there, without the replace flag.
                File.Move(existing, name, overwrite: false);
                return true;
            }
            catch (IOException) when (File.Exists(name))
            {
                return false;
            }
        }

        if (link(NativePath(existing), NativePath(name)) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == FileExists ? false : throw new IOException($"'{name}' could not be created: {new Win32Exception(error).Message}");
    }

    /// <summary>Flushes a file to the disk; returns its size in bytes.</summary>
    public static long FlushFile(string path)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        RandomAccess.FlushToDisk(handle);
        return RandomAccess.GetLength(handle);
    }

    /// <summary>Makes names in a folder durable: a flushed file may still be lost with its name.</summary>
    public static void FlushDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = open(NativePath(directory), ReadOnly);
        if (descriptor < 0)
        {
            throw Failed(directory);
        }

        try
        {
            if (fsync(descriptor) != 0)
            {
                throw Failed(directory);
            }
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    private static IOException Failed(string path) =>
        new($"'{path}' could not be flushed: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    private static byte[] NativePath(string path) => Encoding.UTF8.GetBytes(path + '\0');

#pragma warning disable SYSLIB1054 // Blittable arguments: no marshalling code to generate, and no unsafe blocks to allow.
    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int link(byte[] existing, byte[] name);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int open(byte[] path, int flags);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int fsync(int descriptor);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int close(int descriptor);
#pragma warning restore SYSLIB1054
}
