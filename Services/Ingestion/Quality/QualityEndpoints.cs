using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Sources;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CloudNativeAi.Ingestion.Quality;

/// <summary>What accepted values look like, field by field, hour by hour.</summary>
internal static class QualityEndpoints
{
    public const int MaxHours = 31 * 24;
    private const int DefaultHours = 24;

    public static async Task<Results<Ok<QualityHourDocument[]>, ProblemHttpResult>> ReadAsync(
        string source, SourceCatalog catalog, QualityStore store, TimeProvider timeProvider, CancellationToken cancellationToken, int hours = DefaultHours)
    {
        if (hours is < 1 or > MaxHours)
        {
            return TypedResults.Problem($"'hours' is between 1 and {MaxHours}.", statusCode: StatusCodes.Status400BadRequest);
        }

        if (await catalog.FindAsync(source, cancellationToken) is not { } schema)
        {
            return SourceEndpoints.UnknownSource(source);
        }

        var since = timeProvider.GetUtcNow().ToMicros() - (hours * Micros.PerHour);
        var quality = await store.ReadAsync(schema.SourceId, since, cancellationToken);
        return TypedResults.Ok(quality.Hours.Select(QualityHourDocument.From).ToArray());
    }
}

/// <param name="StartMicros">Start of the hour in which the log got the events.</param>
/// <param name="MaxLagMicros">From event timestamp to created timestamp.</param>
internal sealed record QualityHourDocument(long StartMicros, long Events, long MaxLagMicros, long MeanLagMicros, IReadOnlyList<FieldQualityDocument> Fields)
{
    public static QualityHourDocument From(QualityHour hour) => new(
        hour.StartMicros,
        hour.Events,
        hour.MaxLagMicros,
        hour.MeanLagMicros,
        [.. hour.Fields.Select(field => new FieldQualityDocument(
            field.Field, field.Nulls, (double)field.Nulls / hour.Events, field.HasMinimum ? field.Minimum : null, field.HasMaximum ? field.Maximum : null))]);
}

/// <param name="Minimum">Of numbers and timestamps (microseconds); null: there was none.</param>
internal sealed record FieldQualityDocument(string Field, long Nulls, double NullShare, double? Minimum, double? Maximum);
