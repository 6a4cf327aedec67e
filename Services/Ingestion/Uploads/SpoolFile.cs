namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>A body on disk for as long as it is read.</summary>
internal sealed class SpoolFile : IDisposable
{
    private readonly FileStream _stream;

    private SpoolFile(FileStream stream) => _stream = stream;

    public string Path => _stream.Name;

    public static async Task<SpoolFile> WriteAsync(Stream body, string directory, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        var stream = new FileStream(
            System.IO.Path.Combine(directory, $"{Guid.NewGuid():N}.spool"), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 64 * 1024, FileOptions.DeleteOnClose);
        try
        {
            await body.CopyToAsync(stream, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            return new SpoolFile(stream);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    public void Dispose() => _stream.Dispose();
}
