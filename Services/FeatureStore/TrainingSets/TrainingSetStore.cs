using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>Training sets by digest in PostgreSQL. The first record of a digest stays: the bytes are the same ever after.</summary>
internal sealed class TrainingSetStore(NpgsqlDataSource dataSource)
{
    private const string Columns =
        "digest, feature_service, label, from_micros, to_micros, label_known_until_micros, rows, size_bytes, definitions_version, source_positions, columns, created_micros";

    public async Task AddAsync(TrainingSetRecord set, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"INSERT INTO training_sets ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (digest) DO NOTHING");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = set.Digest });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = set.FeatureService });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = set.Label });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = set.FromMicros });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = set.ToMicros });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = set.LabelKnownUntilMicros });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = set.Rows });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = set.SizeBytes });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = set.DefinitionsVersion });
        command.Parameters.Add(Json(set.SourcePositions));
        command.Parameters.Add(Json(set.Columns));
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = set.CreatedMicros });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<TrainingSetRecord?> FindAsync(string digest, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"SELECT {Columns} FROM training_sets WHERE digest = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = digest });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<TrainingSetRecord>> ListAsync(int count, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"SELECT {Columns} FROM training_sets ORDER BY created_micros DESC, digest LIMIT $1");
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = count });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var sets = new List<TrainingSetRecord>();
        while (await reader.ReadAsync(cancellationToken))
        {
            sets.Add(Read(reader));
        }

        return sets;
    }

    private static NpgsqlParameter Json<T>(T value) => new() { Value = JsonSerializer.Serialize(value), NpgsqlDbType = NpgsqlDbType.Jsonb };

    private static TrainingSetRecord Read(NpgsqlDataReader reader) => new(
        reader.GetString(0),
        reader.GetString(1),
        reader.GetString(2),
        reader.GetInt64(3),
        reader.GetInt64(4),
        reader.GetInt64(5),
        reader.GetInt64(6),
        reader.GetInt64(7),
        reader.GetInt32(8),
        JsonSerializer.Deserialize<Dictionary<string, long>>(reader.GetString(9))!,
        JsonSerializer.Deserialize<TrainingSetColumn[]>(reader.GetString(10))!,
        reader.GetInt64(11));
}
