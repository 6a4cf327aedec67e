using System.Security.Cryptography;
using CloudNativeAi.FeatureStore.OfflineStore;
using CloudNativeAi.FeatureStore.OfflineStore.Delta;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;

namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>Training sets as files named by their digest, in <c>training-sets</c> of the data directory.</summary>
internal sealed class TrainingSetFiles(DataDirectory dataDirectory)
{
    private readonly string _folder = dataDirectory.Folder("training-sets");

    /// <summary>
    /// Writes what a query gives, in its order. The same rows give the same bytes: one thread writes, and nothing of the time or the
    /// machine goes into the file.
    /// </summary>
    public async Task<(string Digest, long SizeBytes)> WriteAsync(
        JoinWorkspace workspace, string query, CancellationToken cancellationToken)
    {
        var temporary = Path.Combine(_folder, $".{Guid.NewGuid():N}.tmp");
        try
        {
            await workspace.DuckDb.ExecuteAsync($"COPY ({query}) TO {Sql.Text(temporary)} (FORMAT parquet, COMPRESSION snappy)", cancellationToken);
            string digest;
            await using (var stream = File.OpenRead(temporary))
            {
                digest = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
            }

            var size = await Task.Run(() => DurableFiles.FlushFile(temporary), cancellationToken);
            File.Move(temporary, PathOf(digest), overwrite: true);
            await Task.Run(() => DurableFiles.FlushDirectory(_folder), CancellationToken.None);
            return (digest, size);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>The file, or null when it is gone.</summary>
    public FileStream? Open(string digest)
    {
        try
        {
            return new FileStream(PathOf(digest), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public string PathOf(string digest) => Path.Combine(_folder, $"{digest}.parquet");
}
