namespace CloudNativeAi.Monitoring.Drift;

/// <summary>How far one feature, or the score, is from its baseline.</summary>
internal sealed record DriftFigure(
    string Name,
    double Psi,
    double MissingPsi,
    double MissingShare,
    double BaselineMissingShare,
    double ExpectedPsi,
    double WatchThreshold,
    double DriftThreshold,
    string Level)
{
    public const string Ok = "ok";
    public const string Watch = "watch";
    public const string Drift = "drift";
}
