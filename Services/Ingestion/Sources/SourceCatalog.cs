using System.Collections.Concurrent;
using CloudNativeAi.Contracts.Ingestion;
using Google.Protobuf;
using Npgsql;

namespace CloudNativeAi.Ingestion.Sources;

/// <summary>The current version of every source, from memory. Another replica's change is heard of by notification, or after a few seconds.</summary>
internal sealed class SourceCatalog(NpgsqlDataSource dataSource, TimeProvider timeProvider)
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<string, (SourceSchema Schema, long ReadAt)> _schemas = new(StringComparer.Ordinal);

    public async ValueTask<SourceSchema?> FindAsync(string name, CancellationToken cancellationToken) =>
        _schemas.TryGetValue(name, out var cached) && timeProvider.GetElapsedTime(cached.ReadAt) < MaxAge
            ? cached.Schema
            : await RefreshAsync(name, cancellationToken);

    /// <summary>Reads the source from the store, whatever memory has.</summary>
    public async Task<SourceSchema?> RefreshAsync(string name, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "SELECT s.source_id, s.version, v.definition FROM sources s JOIN source_versions v USING (source_id, version) WHERE s.name = $1");
        command.Parameters.Add(new() { Value = name });
        var readAt = timeProvider.GetTimestamp();

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            _schemas.TryRemove(name, out _);
            return null;
        }

        var schema = new SourceSchema(reader.GetInt32(0), reader.GetInt32(1), Parse(reader.GetString(2)));
        _schemas[name] = (schema, readAt);
        return schema;
    }

    public void Forget() => _schemas.Clear();

    internal static Source Parse(string definition) => JsonParser.Default.Parse<Source>(definition);
}
