namespace CloudNativeAi.FeatureStore.OfflineStore.Delta;

/// <summary>A table in a local directory. Durable means: file and folder are flushed to the disk before a method returns.</summary>
internal sealed class LocalTableStorage(string directory) : TableStorage
{
    private readonly string _directory = Path.GetFullPath(directory);

    public override string Location => _directory;

    public override async Task<byte[]?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllBytesAsync(Local(path), cancellationToken);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public override async Task<bool> PutIfAbsentAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var target = Local(path);
        var temporary = await WriteTemporaryAsync(target, content, cancellationToken);
        try
        {
            if (!DurableFiles.LinkIfAbsent(temporary, target))
            {
                return false;
            }
        }
        finally
        {
            File.Delete(temporary);
        }

        DurableFiles.FlushDirectory(Path.GetDirectoryName(target)!);
        return true;
    }

    public override async Task PutAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var target = Local(path);
        var temporary = await WriteTemporaryAsync(target, content, cancellationToken);
        File.Move(temporary, target, overwrite: true);
        DurableFiles.FlushDirectory(Path.GetDirectoryName(target)!);
    }

    public override Task<IReadOnlyList<StoredFile>> ListAsync(string folder, CancellationToken cancellationToken)
    {
        var root = new DirectoryInfo(Local(folder));
        if (!root.Exists)
        {
            return Task.FromResult<IReadOnlyList<StoredFile>>([]);
        }

        var files = new List<StoredFile>();
        foreach (var file in root.EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }))
        {
            cancellationToken.ThrowIfCancellationRequested();
            // A file may go while it is listed: then it is not there.
            if (file.Exists)
            {
                files.Add(new StoredFile(
                    Path.GetRelativePath(_directory, file.FullName).Replace('\\', '/'), file.Length, new DateTimeOffset(file.LastWriteTimeUtc)));
            }
        }

        return Task.FromResult<IReadOnlyList<StoredFile>>(files);
    }

    public override Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        File.Delete(Local(path));
        return Task.CompletedTask;
    }

    public override Task<string> GetLocalPathAsync(string path, CancellationToken cancellationToken) => Task.FromResult(Local(path));

    public override string PrepareWrite(string path)
    {
        var target = Local(path);
        CreateDirectory(Path.GetDirectoryName(target)!);
        return target;
    }

    public override Task<long> CompleteWriteAsync(string path, CancellationToken cancellationToken)
    {
        var target = Local(path);
        return Task.Run(
            () =>
            {
                // DuckDB does not flush what it writes.
                var size = DurableFiles.FlushFile(target);
                DurableFiles.FlushDirectory(Path.GetDirectoryName(target)!);
                return size;
            },
            cancellationToken);
    }

    private static async Task<string> WriteTemporaryAsync(string target, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(target)!;
        CreateDirectory(folder);
        var temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
        try
        {
            await using var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            await stream.WriteAsync(content, cancellationToken);
            stream.Flush(flushToDisk: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        return temporary;
    }

    private static void CreateDirectory(string folder)
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        Directory.CreateDirectory(folder);
        if (Path.GetDirectoryName(folder) is { } parent)
        {
            DurableFiles.FlushDirectory(parent);
        }
    }

    private string Local(string path)
    {
        var local = Path.GetFullPath(Path.Combine(_directory, path));
        return local == _directory || local.StartsWith(_directory + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? local
            : throw new DeltaUnsupportedException($"The Delta table '{_directory}' refers to '{path}', which lies outside it.");
    }
}
