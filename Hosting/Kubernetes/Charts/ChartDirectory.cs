namespace Aspire.Hosting.Kubernetes.Charts;

internal static class ChartDirectory
{
    /// <summary>Puts the files where a chart, or nothing, was before.</summary>
    /// <exception cref="DistributedApplicationException">The directory holds something else, which is not deleted.</exception>
    public static void Replace(string directory, IReadOnlyDictionary<string, string> files)
    {
        directory = Path.TrimEndingDirectorySeparator(directory);
        if (File.Exists(directory) || (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any() && !File.Exists(Path.Combine(directory, "Chart.yaml"))))
        {
            throw new DistributedApplicationException($"'{directory}' holds something that is not a chart. Give --output-path another directory.");
        }

        var suffix = Guid.NewGuid().ToString("N");
        var incoming = $"{directory}.incoming-{suffix}";
        var previous = $"{directory}.previous-{suffix}";
        try
        {
            foreach (var (path, text) in files)
            {
                var file = Path.Combine(incoming, path);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                File.WriteAllText(file, text);
            }

            if (Directory.Exists(directory))
            {
                Directory.Move(directory, previous);
            }

            Directory.Move(incoming, directory);
        }
        catch
        {
            if (Directory.Exists(previous) && !Directory.Exists(directory))
            {
                Directory.Move(previous, directory);
            }

            throw;
        }
        finally
        {
            DeleteIfThere(incoming);
            DeleteIfThere(previous);
        }
    }

    private static void DeleteIfThere(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
