using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Web.Live;

namespace CloudNativeAi.Web.Display;

/// <summary>Data-quality rules and what they measured, in words.</summary>
public static class QualityWords
{
    public static string Check(QualityCheck check) => check switch
    {
        QualityCheck.NullShare => "share of nulls",
        QualityCheck.Minimum => "smallest value",
        QualityCheck.Maximum => "largest value",
        QualityCheck.Uniqueness => "share of distinct values",
        QualityCheck.Freshness => "age of the newest event",
        _ => "unknown check",
    };

    /// <summary>Such as "at most 5.0 %".</summary>
    public static string Bound(QualityRule rule) => (IsFloor(rule) ? "at least " : "at most ") + Value(rule.Check, rule.Bound);

    public static string Value(QualityCheck check, double? value) => (check, value) switch
    {
        (_, null) => Format.Unknown,
        (QualityCheck.NullShare or QualityCheck.Uniqueness, _) => Format.Share(value),
        (QualityCheck.Freshness, { } seconds) when double.IsFinite(seconds) && Math.Abs(seconds) < TimeSpan.MaxValue.TotalSeconds => Format.Duration(TimeSpan.FromSeconds(seconds)),
        _ => Format.Number(value),
    };

    public static string Window(QualityRule rule) => rule.Check == QualityCheck.Freshness
        ? Format.Unknown
        : Format.Duration(rule.WindowMicros == 0 ? TimeSpan.FromHours(1) : TimeSpan.FromMicroseconds(rule.WindowMicros));

    public static string State(QualityState state) => state switch
    {
        QualityState.Ok => "kept",
        QualityState.Firing => "broken",
        _ => "no data",
    };

    public static Level LevelOf(QualityState state) => state switch
    {
        QualityState.Ok => Level.Good,
        QualityState.Firing => Level.Bad,
        _ => Level.Unknown,
    };

    private static bool IsFloor(QualityRule rule) => rule.Check is QualityCheck.Minimum or QualityCheck.Uniqueness;
}
