using CloudNativeAi.Contracts.FeatureStore;
using Npgsql;

namespace CloudNativeAi.FeatureStore.Parity;

/// <summary>Which mismatches are still open, and what became of the others.</summary>
internal sealed class ParityResolutions(NpgsqlDataSource dataSource, TimeProvider timeProvider)
{
    private const int MaxNamed = 20;

    /// <summary>The open mismatches of these features.</summary>
    /// <param name="features">"view:feature".</param>
    public async Task<ParityVerdict> JudgeAsync(IReadOnlyCollection<string> features, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            SELECT feature_view || ':' || feature, count(*), max(found_micros) FROM parity_mismatches
            WHERE resolved_micros = 0 AND feature_view || ':' || feature = ANY ($1) GROUP BY 1 ORDER BY 1
            """);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. features] });
        var verdict = new ParityVerdict();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            verdict.Unresolved += reader.GetInt64(1);
            verdict.NewestFoundMicros = Math.Max(verdict.NewestFoundMicros, reader.GetInt64(2));
            if (verdict.Features.Count < MaxNamed)
            {
                verdict.Features.Add(reader.GetString(0));
            }
        }

        return verdict;
    }

    /// <summary>Returns how many were open until now.</summary>
    /// <param name="feature">Empty: every feature of the view.</param>
    /// <param name="foundUntilMicros">Those found later stay open.</param>
    public async Task<long> ResolveAsync(
        string view, string feature, long foundUntilMicros, string reason, string actor, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            UPDATE parity_mismatches SET resolved_micros = $4, resolution = $5, resolved_by = $6
            WHERE resolved_micros = 0 AND feature_view = $1 AND ($2 = '' OR feature = $2) AND found_micros <= $3
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = view });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = feature });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = foundUntilMicros });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = Micros.Now(timeProvider) });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = reason });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = actor });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
