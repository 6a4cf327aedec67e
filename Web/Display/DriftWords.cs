using CloudNativeAi.Web.Live;

namespace CloudNativeAi.Web.Display;

/// <summary>Levels of Monitoring, "ok", "watch" and "drift", as the pages show them.</summary>
public static class DriftWords
{
    public static Level LevelOf(string? level) => level switch
    {
        "ok" => Level.Good,
        "watch" => Level.Warning,
        "drift" => Level.Bad,
        _ => Level.Unknown,
    };

    public static string Word(string? level) => level switch
    {
        null or "" => "not measured",
        "ok" => "stable",
        _ => level,
    };
}
