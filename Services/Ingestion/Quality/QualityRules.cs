using System.Text.RegularExpressions;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Sources;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Ingestion.Quality;

/// <summary>What makes data-quality rules valid, and what they say of a value.</summary>
internal static partial class QualityRules
{
    public const int MaxRules = 50;

    /// <summary>What is wrong with the rules of a source; null: nothing.</summary>
    public static string? FindFault(SourceSchema schema, IReadOnlyCollection<QualityRule> rules)
    {
        if (rules.Count > MaxRules)
        {
            return $"a source has at most {MaxRules} rules, not {rules.Count}";
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var rule in rules)
        {
            if (!RuleName().IsMatch(rule.Name))
            {
                return "a rule's name is 1 to 63 lower-case letters, digits, '-' and '_', first a letter";
            }

            if (FindFault(schema, rule) is { } fault)
            {
                return $"rule '{rule.Name}': {fault}";
            }

            if (!names.Add(rule.Name))
            {
                return $"rule '{rule.Name}' is there twice";
            }
        }

        return null;
    }

    /// <param name="value">Null: there is no data.</param>
    public static QualityState Judge(QualityRule rule, double? value) => (rule.Check, value) switch
    {
        (_, null) => QualityState.NoData,
        (QualityCheck.Minimum or QualityCheck.Uniqueness, { } measured) => measured >= rule.Bound ? QualityState.Ok : QualityState.Firing,
        (_, { } measured) => measured <= rule.Bound ? QualityState.Ok : QualityState.Firing,
    };

    /// <summary>The window's length, microseconds.</summary>
    public static long Window(QualityRule rule) => rule.WindowMicros == 0 ? Micros.PerHour : rule.WindowMicros;

    private static string? FindFault(SourceSchema schema, QualityRule rule)
    {
        if (rule.Check == QualityCheck.Unspecified || !Enum.IsDefined(rule.Check))
        {
            return "there is no such check";
        }

        if (!double.IsFinite(rule.Bound) || (rule.Check is QualityCheck.NullShare or QualityCheck.Uniqueness && rule.Bound is < 0 or > 1))
        {
            return "the bound is finite, and of a share between 0 and 1";
        }

        if (rule.WindowMicros is < 0 or > QualityEndpoints.MaxHours * Micros.PerHour)
        {
            return "the window is between 0 and 31 days";
        }

        if (rule.Check == QualityCheck.Freshness)
        {
            return rule.Field.Length > 0 ? "freshness is of the source and has no field" : null;
        }

        if (schema.IndexOf(rule.Field) is var index && index < 0)
        {
            return "its field is not one of the source";
        }

        return rule.Check is QualityCheck.Minimum or QualityCheck.Maximum && schema.Fields[index].Type is not (ValueType.Int64 or ValueType.Double)
            ? $"field '{rule.Field}' is not a number"
            : null;
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9_-]{0,62}\z")]
    private static partial Regex RuleName();
}
