using System.Text.Json;
using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using Npgsql;

namespace CloudNativeAi.FeatureStore.Parity;

/// <summary>The mismatches of all replicas, and this one's counts.</summary>
internal sealed class ParityStore(NpgsqlDataSource dataSource, TimeProvider timeProvider)
{
    private const int Kept = 10_000;

    private long _samples;
    private long _mismatched;
    private long _lastSample;

    public async Task AddAsync(ParitySample sample, IReadOnlyList<ParityDifference> differences, CancellationToken cancellationToken)
    {
        var now = Micros.Now(timeProvider);
        if (differences.Count > 0)
        {
            await using var batch = dataSource.CreateBatch();
            foreach (var difference in differences)
            {
                batch.BatchCommands.Add(Insert(sample, difference, now));
            }

            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                "DELETE FROM parity_mismatches WHERE id <= (SELECT id FROM parity_mismatches ORDER BY id DESC OFFSET $1 LIMIT 1)")
            {
                Parameters = { new NpgsqlParameter<int> { TypedValue = Kept } },
            });
            await batch.ExecuteNonQueryAsync(cancellationToken);
            Interlocked.Increment(ref _mismatched);
        }

        Interlocked.Increment(ref _samples);
        Volatile.Write(ref _lastSample, now);
    }

    public async Task<ParityReport> ReportAsync(int limit, bool includesResolved, CancellationToken cancellationToken)
    {
        var report = new ParityReport
        {
            Samples = Volatile.Read(ref _samples), MismatchedSamples = Volatile.Read(ref _mismatched), LastSampleMicros = Volatile.Read(ref _lastSample),
        };
        await using var command = dataSource.CreateCommand(
            """
            SELECT found_micros, feature_view || ':' || feature, entity_key::text, as_of_micros, position, online, offline,
                   resolved_micros, resolution, resolved_by
            FROM parity_mismatches WHERE $2 OR resolved_micros = 0 ORDER BY id DESC LIMIT $1
            """);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = includesResolved });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            report.Mismatches.Add(new ParityMismatch
            {
                FoundMicros = reader.GetInt64(0),
                Feature = reader.GetString(1),
                EntityKey = { JsonSerializer.Deserialize<JsonElement[]>(reader.GetString(2))!.Select(ToValue) },
                AsOfMicros = reader.GetInt64(3),
                Position = reader.GetInt64(4),
                Online = reader.GetString(5),
                Offline = reader.GetString(6),
                ResolvedMicros = reader.GetInt64(7),
                Resolution = reader.GetString(8),
                ResolvedBy = reader.GetString(9),
            });
        }

        return report;
    }

    private static NpgsqlBatchCommand Insert(ParitySample sample, ParityDifference difference, long now) => new(
        """
        INSERT INTO parity_mismatches (found_micros, feature_view, feature, entity_key, as_of_micros, position, online, offline)
        VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8)
        """)
    {
        Parameters =
        {
            new NpgsqlParameter<long> { TypedValue = now },
            new NpgsqlParameter<string> { TypedValue = sample.View.Name },
            new NpgsqlParameter<string> { TypedValue = difference.Feature },
            new NpgsqlParameter<string>
            {
                TypedValue = JsonSerializer.Serialize(sample.Key.Select(part => part.KindCase == Value.KindOneofCase.StringValue ? (object)part.StringValue : part.Int64Value)),
            },
            new NpgsqlParameter<long> { TypedValue = sample.AsOfMicros },
            new NpgsqlParameter<long> { TypedValue = sample.Position },
            new NpgsqlParameter<string> { TypedValue = difference.Online },
            new NpgsqlParameter<string> { TypedValue = difference.Offline },
        },
    };

    private static Value ToValue(JsonElement part) => part.ValueKind == JsonValueKind.String
        ? new Value { StringValue = part.GetString() }
        : new Value { Int64Value = part.GetInt64() };
}
