using Npgsql;

namespace CloudNativeAi.ModelRegistry.Artifacts;

/// <summary>Removes, at start, what a killed upload left: incoming files no process holds, and content that no version refers to.</summary>
internal sealed partial class OrphanCleanup(ArtifactStore store, NpgsqlDataSource dataSource, ILogger<OrphanCleanup> logger) : IHostedService
{
    private const int BatchSize = 1_000;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var incoming = Directory.EnumerateFiles(store.Incoming).Count(DeleteUnlessInUse);

        // While this lock is held no registration is between its rename and its commit (ArtifactLock.Shared).
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ArtifactLock.TakeExclusiveAsync(connection, cancellationToken);

        var unreferenced = 0;
        foreach (var digests in store.EnumerateDigests().Chunk(BatchSize))
        {
            await using var command = new NpgsqlCommand(
                "SELECT d FROM unnest($1::text[]) AS d WHERE NOT EXISTS (SELECT 1 FROM model_version_files WHERE sha256 = d)", connection, transaction);
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = digests });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                store.Delete(reader.GetString(0));
                unreferenced++;
            }
        }

        await transaction.CommitAsync(cancellationToken);
        if (incoming + unreferenced > 0)
        {
            LogCleaned(incoming, unreferenced);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static bool DeleteUnlessInUse(string path)
    {
        try
        {
            using var exclusive = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            File.Delete(path);
            return true;
        }
        catch (IOException)
        {
            // An upload of another replica holds it, or finished with it just now.
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Removed {Incoming} unfinished uploads and {Unreferenced} files no model version refers to")]
    private partial void LogCleaned(int incoming, int unreferenced);
}
