using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Sources;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CloudNativeAi.Ingestion.Quality;

/// <summary>What is asked of a source's events, whether it is so, and what was measured.</summary>
internal static class QualityRuleEndpoints
{
    private const int DefaultHours = 24;

    public static void MapQualityRules(this IEndpointRouteBuilder routes)
    {
        var quality = routes.MapGroup("/v1/sources/{source}/quality").WithTags("Sources");
        quality.MapPut("/rules", PutAsync).WithName("PutQualityRules");
        quality.MapGet("/rules", ListAsync).WithName("ListQualityAlerts");
        quality.MapGet("/rules/{rule}/series", ReadSeriesAsync).WithName("GetQualitySeries");
    }

    private static async Task<Results<Ok<QualityAlertDocument[]>, ProblemHttpResult>> PutAsync(
        string source, QualityRuleDocument[] rules, SourceCatalog catalog, QualityRuleStore store, CancellationToken cancellationToken)
    {
        if (await catalog.RefreshAsync(source, cancellationToken) is not { } schema)
        {
            return SourceEndpoints.UnknownSource(source);
        }

        QualityRule[] wanted = [.. rules.Select(rule => rule.ToRule())];
        if (QualityRules.FindFault(schema, wanted) is { } fault)
        {
            return TypedResults.Problem(fault, statusCode: StatusCodes.Status400BadRequest);
        }

        await store.PutAsync(schema.SourceId, wanted, cancellationToken);
        return await ListAsync(source, catalog, store, cancellationToken);
    }

    private static async Task<Results<Ok<QualityAlertDocument[]>, ProblemHttpResult>> ListAsync(
        string source, SourceCatalog catalog, QualityRuleStore store, CancellationToken cancellationToken)
    {
        if (await catalog.FindAsync(source, cancellationToken) is not { } schema)
        {
            return SourceEndpoints.UnknownSource(source);
        }

        var alerts = await store.ListAsync(schema.SourceId, cancellationToken);
        return TypedResults.Ok(alerts.Alerts.Select(QualityAlertDocument.From).ToArray());
    }

    private static async Task<Results<Ok<QualityMeasurementDocument[]>, ProblemHttpResult>> ReadSeriesAsync(
        string source, string rule, SourceCatalog catalog, QualityRuleStore store, TimeProvider timeProvider, CancellationToken cancellationToken, int hours = DefaultHours)
    {
        if (hours is < 1 or > QualityEndpoints.MaxHours)
        {
            return TypedResults.Problem($"'hours' is between 1 and {QualityEndpoints.MaxHours}.", statusCode: StatusCodes.Status400BadRequest);
        }

        if (await catalog.FindAsync(source, cancellationToken) is not { } schema)
        {
            return SourceEndpoints.UnknownSource(source);
        }

        var series = await store.ReadSeriesAsync(schema.SourceId, rule, timeProvider.GetUtcNow().ToMicros() - (hours * Micros.PerHour), cancellationToken);
        return TypedResults.Ok(series.Measurements.Select(item => new QualityMeasurementDocument(item.AtMicros, item.Value, item.State)).ToArray());
    }
}

/// <summary>A rule as HTTP has it; the contract's QualityRule says what each check measures.</summary>
/// <param name="Field">Null for freshness.</param>
/// <param name="WindowMicros">0: one hour.</param>
internal sealed record QualityRuleDocument(string? Name, QualityCheck Check, string? Field, double Bound, long WindowMicros = 0)
{
    public QualityRule ToRule() => new() { Name = Name ?? "", Check = Check, Field = Field ?? "", Bound = Bound, WindowMicros = WindowMicros };
}

/// <param name="Value">Of the newest evaluation; null: there was no data.</param>
/// <param name="SinceMicros">When the state became what it is.</param>
/// <param name="EvaluatedMicros">0: not yet.</param>
internal sealed record QualityAlertDocument(QualityRuleDocument Rule, QualityState State, double? Value, long SinceMicros, long EvaluatedMicros)
{
    public static QualityAlertDocument From(QualityAlert alert) => new(
        new QualityRuleDocument(alert.Rule.Name, alert.Rule.Check, alert.Rule.Field.Length > 0 ? alert.Rule.Field : null, alert.Rule.Bound, alert.Rule.WindowMicros),
        alert.State,
        alert.HasValue ? alert.Value : null,
        alert.SinceMicros,
        alert.EvaluatedMicros);
}

internal sealed record QualityMeasurementDocument(long AtMicros, double Value, QualityState State);
