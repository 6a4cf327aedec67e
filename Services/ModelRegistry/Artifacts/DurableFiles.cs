using System.ComponentModel;
using System.Runtime.InteropServices;

namespace CloudNativeAi.ModelRegistry.Artifacts;

/// <summary>A rename is durable only when the directory was synchronized as well, which .NET has no call for.</summary>
internal static partial class DurableFiles
{
    private const int ReadOnly = 0;

    public static void SynchronizeDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(path, ReadOnly);
        if (descriptor < 0)
        {
            throw new IOException($"'{path}' could not be opened: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }

        try
        {
            if (Synchronize(descriptor) != 0)
            {
                throw new IOException($"'{path}' could not be synchronized: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Synchronize(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
