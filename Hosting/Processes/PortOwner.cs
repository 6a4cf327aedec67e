using System.Globalization;

namespace Aspire.Hosting.Processes;

/// <summary>Who listens on a port, from /proc: the message that names the culprit saves a search.</summary>
internal static class PortOwner
{
    private const string Listening = "0A";
    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>Such as <c>process 123 (node server.js)</c>; null where it cannot be told.</summary>
    public static string? Describe(int port)
    {
        var inodes = Tables.Where(File.Exists).SelectMany(file => ListeningInodes(file, port)).ToHashSet();
        if (inodes.Count == 0)
        {
            return null;
        }

        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            var name = Path.GetFileName(directory);
            if (name.All(char.IsAsciiDigit) && HoldsAny(directory, inodes))
            {
                return $"process {name} ({CommandLine(directory)})";
            }
        }

        return null;
    }

    private static IEnumerable<string> ListeningInodes(string file, int port)
    {
        var suffix = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        foreach (var line in File.ReadLines(file).Skip(1))
        {
            // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
            var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length > 9 && columns[3] == Listening && columns[1].EndsWith(suffix, StringComparison.Ordinal))
            {
                yield return $"socket:[{columns[9]}]";
            }
        }
    }

    private static bool HoldsAny(string processDirectory, HashSet<string> inodes)
    {
        try
        {
            return Directory.EnumerateFiles(Path.Combine(processDirectory, "fd"))
                .Any(descriptor => new FileInfo(descriptor).LinkTarget is { } target && inodes.Contains(target));
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            // Another user's process, or one that has just ended.
            return false;
        }
    }

    private static string CommandLine(string processDirectory)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(processDirectory, "cmdline")).Replace('\0', ' ').Trim();
            return text.Length > 80 ? text[..80] + "..." : text;
        }
        catch (IOException)
        {
            return "ended";
        }
    }
}
