using System.Collections.Concurrent;
using System.Text.Json;
using CloudNativeAi.Monitoring.Store;
using Npgsql;
using NpgsqlTypes;

namespace CloudNativeAi.Monitoring.Baselines;

/// <summary>Baselines as the registry gave them, kept here so that monitoring goes on while the registry is away.</summary>
internal sealed class BaselineStore(NpgsqlDataSource dataSource, TimeProvider timeProvider)
{
    private const int MaxCached = 256;

    // Versions are immutable, so a present baseline is never stale.
    private readonly ConcurrentDictionary<ModelVersionKey, BaselineState> _present = new();

    /// <summary>Null while the registry has not answered for this version.</summary>
    public async Task<BaselineState?> FindAsync(ModelVersionKey version, CancellationToken cancellationToken)
    {
        if (_present.TryGetValue(version, out var known))
        {
            return known;
        }

        await using var command = dataSource
            .CreateCommand("SELECT state, baseline::text, signature::text FROM baselines WHERE model_name = $1 AND model_version = $2")
            .With(version.ModelName).With(version.Version);
        var state = await command.ReadFirstAsync(Read, cancellationToken);
        if (state is { State: BaselineState.Present })
        {
            if (_present.Count >= MaxCached)
            {
                _present.Clear();
            }

            _present[version] = state;
        }

        return state;
    }

    /// <summary>Versions that predicted and whose baseline is unknown, or absent since before <paramref name="retryAbsentMicros"/>.</summary>
    public async Task<List<ModelVersionKey>> ListMissingAsync(long retryAbsentMicros, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("""
            SELECT DISTINCT model_name, model_version FROM prediction_batches p
            WHERE NOT EXISTS (
                SELECT FROM baselines b WHERE b.model_name = p.model_name AND b.model_version = p.model_version
                AND (b.state <> 'absent' OR b.fetched_micros > $1))
            LIMIT 100
            """).With(retryAbsentMicros);
        return await command.ReadAllAsync(row => new ModelVersionKey(row.GetString(0), row.GetInt32(1)), cancellationToken);
    }

    public async Task SaveAsync(
        ModelVersionKey version, string state, string? baselineJson, string? signatureJson, string error, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("""
            INSERT INTO baselines (model_name, model_version, state, baseline, signature, error, fetched_micros)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (model_name, model_version) DO UPDATE SET
                state = excluded.state, baseline = excluded.baseline, signature = excluded.signature,
                error = excluded.error, fetched_micros = excluded.fetched_micros
            WHERE baselines.state <> 'present'
            """).With(version.ModelName).With(version.Version).With(state);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)baselineJson ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)signatureJson ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.With(error).With(timeProvider.Now());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static BaselineState Read(NpgsqlDataReader row)
    {
        var state = row.GetString(0);
        var signature = row.IsDBNull(2) ? null : row.GetString(2);
        try
        {
            if (state == BaselineState.Present)
            {
                var (baseline, parsed) = BaselineDocument.Parse(row.GetString(1), signature!);
                return new BaselineState(state, baseline, parsed);
            }

            return new BaselineState(state, null, signature is null ? null : BaselineDocument.ParseSignature(signature));
        }
        catch (JsonException)
        {
            // Written by a newer build that this one was rolled back from.
            return new BaselineState(BaselineState.Invalid, null, null);
        }
    }
}
