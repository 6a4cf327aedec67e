namespace CloudNativeAi.ModelRegistry.Artifacts;

/// <summary>
/// Files of model versions, addressed by the SHA-256 of their content. A file at its address is complete and synchronized:
/// it is written under <c>incoming/</c> and renamed.
/// </summary>
internal sealed class ArtifactStore
{
    private readonly string _blobs;

    public ArtifactStore(string dataDirectory)
    {
        var root = Path.Combine(dataDirectory, "artifacts");
        _blobs = Path.Combine(root, "sha256");
        Incoming = Path.Combine(root, "incoming");
        Directory.CreateDirectory(_blobs);
        Directory.CreateDirectory(Incoming);
    }

    public string Incoming { get; }

    public string PathOf(string sha256) => Path.Combine(_blobs, sha256[..2], sha256);

    /// <summary>The file with this content, or null when the store has lost it.</summary>
    public FileStream? OpenRead(string sha256)
    {
        try
        {
            // Readers share: a file at its address never changes.
            return new FileStream(PathOf(sha256), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (IOException exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Gives a synchronized incoming file its address. Replacing is harmless: the content is the same.</summary>
    public void Publish(string incomingPath, string sha256)
    {
        var path = PathOf(sha256);
        var directory = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory);
            DurableFiles.SynchronizeDirectory(_blobs);
        }

        File.Move(incomingPath, path, overwrite: true);
        DurableFiles.SynchronizeDirectory(directory);
    }

    public IEnumerable<string> EnumerateDigests() =>
        Directory.EnumerateFiles(_blobs, "*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path));

    public void Delete(string sha256) => File.Delete(PathOf(sha256));
}
