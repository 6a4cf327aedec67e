using System.Security.Cryptography;
using CloudNativeAi.Contracts.ModelRegistry;

namespace CloudNativeAi.ModelRegistry.Artifacts;

/// <summary>
/// The bytes of one version on their way in: one stream, cut into files by the announced sizes, each hashed while it is written.
/// Disposing an upload that was not published leaves nothing.
/// </summary>
internal sealed class ArtifactUpload(ArtifactStore store, IReadOnlyList<ArtifactFile> files) : IDisposable
{
    // Open until the end: the lock of an open file tells the orphan clean-up of another replica that it is in use.
    private readonly List<FileStream> _written = [];
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private FileStream? _current;
    private long _currentBytes;

    /// <summary>Null, or what is wrong with the bytes so far.</summary>
    public async ValueTask<string?> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await FinishFilesAsync(cancellationToken) is { } problem)
            {
                return problem;
            }

            if (bytes.IsEmpty)
            {
                return null;
            }

            if (_written.Count == files.Count)
            {
                return $"{bytes.Length} or more bytes follow the last announced file.";
            }

            var part = bytes[..(int)Math.Min(bytes.Length, files[_written.Count].Size - _currentBytes)];
            await _current!.WriteAsync(part, cancellationToken);
            _hash.AppendData(part.Span);
            _currentBytes += part.Length;
            bytes = bytes[part.Length..];
        }
    }

    /// <summary>Null when every announced byte has arrived.</summary>
    public async ValueTask<string?> CompleteAsync(CancellationToken cancellationToken)
    {
        if (await FinishFilesAsync(cancellationToken) is { } problem)
        {
            return problem;
        }

        return _written.Count == files.Count
            ? null
            : $"The upload ended after {_currentBytes} of {files[_written.Count].Size} bytes of '{files[_written.Count].Path}'.";
    }

    public void Publish()
    {
        for (var i = 0; i < files.Count; i++)
        {
            store.Publish(_written[i].Name, files[i].Sha256);
        }
    }

    public void Dispose()
    {
        _hash.Dispose();
        if (_current is not null)
        {
            _written.Add(_current);
        }

        foreach (var file in _written)
        {
            // Does nothing when the file was renamed.
            File.Delete(file.Name);
            file.Dispose();
        }
    }

    // Closes the current file when it is complete, and opens the next; empty files have no chunk of their own.
    private async ValueTask<string?> FinishFilesAsync(CancellationToken cancellationToken)
    {
        while (_written.Count < files.Count)
        {
            _current ??= new FileStream(
                Path.Combine(store.Incoming, Guid.NewGuid().ToString("N")), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 128 * 1024, FileOptions.Asynchronous);

            var announced = files[_written.Count];
            if (_currentBytes < announced.Size)
            {
                return null;
            }

            var actual = Convert.ToHexStringLower(_hash.GetHashAndReset());
            if (actual != announced.Sha256)
            {
                return $"'{announced.Path}' has the SHA-256 {actual}, announced was {announced.Sha256}.";
            }

            await _current.FlushAsync(cancellationToken);
            _current.Flush(flushToDisk: true);
            _written.Add(_current);
            _current = null;
            _currentBytes = 0;
        }

        return null;
    }
}
