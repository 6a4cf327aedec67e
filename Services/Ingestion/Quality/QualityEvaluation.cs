using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Sources;

namespace CloudNativeAi.Ingestion.Quality;

/// <summary>Evaluates every rule: a value for its series, a state for its alert, and both as metrics.</summary>
internal sealed partial class QualityEvaluation(
    SourceCatalog catalog, QualityRuleStore rules, QualityChecks checks, IngestionMetrics metrics, TimeProvider timeProvider, ILogger<QualityEvaluation> logger)
{
    private const long KeptMicros = QualityEndpoints.MaxHours * Micros.PerHour;

    /// <summary>A rule that cannot be evaluated does not keep the others from it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = timeProvider.GetUtcNow().ToMicros();
        foreach (var alert in (await rules.ListAsync(sourceId: null, cancellationToken)).Alerts)
        {
            if (await catalog.FindAsync(alert.Source, cancellationToken) is not { } schema)
            {
                continue;
            }

            try
            {
                await EvaluateAsync(schema, alert, now, cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogNotEvaluated(exception, alert.Source, alert.Rule.Name);
            }
        }

        await rules.ForgetAsync(now - KeptMicros, cancellationToken);
    }

    private async Task EvaluateAsync(SourceSchema schema, QualityAlert alert, long now, CancellationToken cancellationToken)
    {
        var value = await checks.MeasureAsync(schema, alert.Rule, now, cancellationToken);
        var state = QualityRules.Judge(alert.Rule, value);
        await rules.SaveAsync(schema, alert.Rule, value, state, now, cancellationToken);

        metrics.RecordQuality(alert.Source, alert.Rule.Name, value, state == QualityState.Firing);
        if (state == QualityState.Firing && alert.State != QualityState.Firing)
        {
            LogFiring(alert.Source, alert.Rule.Name, alert.Rule.Check, alert.Rule.Field, value, alert.Rule.Bound);
        }
        else if (state != QualityState.Firing && alert.State == QualityState.Firing)
        {
            LogResolved(alert.Source, alert.Rule.Name, value);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Source {Source} breaks rule {Rule}: {Check} of field '{Field}' is {Value}, the bound is {Bound}")]
    private partial void LogFiring(string source, string rule, QualityCheck check, string field, double? value, double bound);

    [LoggerMessage(LogLevel.Information, "Source {Source} no longer breaks rule {Rule}: {Value}")]
    private partial void LogResolved(string source, string rule, double? value);

    [LoggerMessage(LogLevel.Error, "Rule {Rule} of source {Source} could not be evaluated")]
    private partial void LogNotEvaluated(Exception exception, string source, string rule);
}
