using CloudNativeAi.Web.Live;

namespace CloudNativeAi.Web.Display;

/// <summary>The states a served version can be in.</summary>
public static class ServedStates
{
    public static Level LevelOf(string state) => state switch
    {
        "READY" => Level.Good,
        "LOADING" => Level.Warning,
        "UNAVAILABLE" => Level.Bad,
        // UNLOADED: nothing is wrong with it.
        _ => Level.Unknown,
    };
}
