namespace CloudNativeAi.Training.TrainingSets;

/// <summary>Where training sets lie while a job reads them. What a killed process left is removed at start.</summary>
internal sealed class WorkingDirectory
{
    private readonly string _root;

    public WorkingDirectory(IConfiguration configuration)
    {
        var data = configuration["Data:Directory"] is { Length: > 0 } configured ? configured : Path.Combine("data", "training");

        // Replicas may share the directory: each process has its own part, named after machine and process.
        var parts = Path.Combine(Path.GetFullPath(data), "work");
        Directory.CreateDirectory(parts);
        RemoveLeftovers(parts);
        _root = Path.Combine(parts, $"{Environment.MachineName}.{Environment.ProcessId}");
    }

    /// <summary>An empty folder, gone when disposed.</summary>
    public Folder CreateFolder() => new(Path.Combine(_root, Guid.NewGuid().ToString("N")));

    private static void RemoveLeftovers(string parts)
    {
        foreach (var part in Directory.GetDirectories(parts))
        {
            var name = Path.GetFileName(part);
            if (name.StartsWith($"{Environment.MachineName}.", StringComparison.Ordinal)
                && int.TryParse(name.AsSpan(Environment.MachineName.Length + 1), out var processId) && !IsRunning(processId))
            {
                Directory.Delete(part, recursive: true);
            }
        }
    }

    // A folder with this process's own number is from an earlier life of a container.
    private static bool IsRunning(int processId)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(processId);
            return processId != Environment.ProcessId;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    internal sealed class Folder : IDisposable
    {
        internal Folder(string path) => Path = Directory.CreateDirectory(path).FullName;

        public string Path { get; }

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
