namespace CloudNativeAi.Web.Live;

/// <summary>Names of the totals whose growth is shown as a rate.</summary>
public static class RateNames
{
    public const string Events = "events";
    public const string Materialized = "materialized";
    public const string DeadLetters = "dead-letters";
    public const string Logged = "logged";
    public const string Failures = "failures";

    public static string SourceEvents(string source) => "events/" + source;
    public static string SourceMaterialized(string source) => "materialized/" + source;
    public static string SourceDeadLetters(string source) => "dead-letters/" + source;
    public static string ModelLogged(string model) => "logged/" + model;
    public static string Served(string model, int version) => $"served/{model}/{version}";
    public static string Failed(string model, int version) => $"failed/{model}/{version}";

    /// <summary>Of one replica: a sum of totals would jump when a replica comes or goes.</summary>
    public static string Of(string replica, string name) => $"{name}@{replica}";
}
