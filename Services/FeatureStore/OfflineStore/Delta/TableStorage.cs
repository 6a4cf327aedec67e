namespace CloudNativeAi.FeatureStore.OfflineStore.Delta;

/// <summary>
/// Where a table's files lie. All paths are relative to the table, with '/' between folders.
/// The seam for an object store: a put-if-absent with one winner, whole-file visibility and a consistent listing are all that the log needs.
/// </summary>
internal abstract class TableStorage
{
    /// <summary>For messages.</summary>
    public abstract string Location { get; }

    /// <summary>The file's content, or null when there is none.</summary>
    public abstract Task<byte[]?> ReadAsync(string path, CancellationToken cancellationToken);

    /// <summary>Writes the file durably unless it exists. False: it exists; whose it is, the caller must find out.</summary>
    public abstract Task<bool> PutIfAbsentAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Writes the file durably, in place of any other of that name; readers see the old one or the new one.</summary>
    public abstract Task PutAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>The files of a folder and of those below it.</summary>
    public abstract Task<IReadOnlyList<StoredFile>> ListAsync(string folder, CancellationToken cancellationToken);

    public abstract Task DeleteAsync(string path, CancellationToken cancellationToken);

    /// <summary>A path that DuckDB can open. An object store would fetch the file into its cache first: data files never change.</summary>
    public abstract Task<string> GetLocalPathAsync(string path, CancellationToken cancellationToken);

    /// <summary>A local path where DuckDB may write the file that is to become <paramref name="path"/>.</summary>
    public abstract string PrepareWrite(string path);

    /// <summary>Makes a file written after <see cref="PrepareWrite"/> durable under its path; returns its size in bytes.</summary>
    public abstract Task<long> CompleteWriteAsync(string path, CancellationToken cancellationToken);
}

internal readonly record struct StoredFile(string Path, long Size, DateTimeOffset LastModified);
