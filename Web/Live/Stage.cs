namespace CloudNativeAi.Web.Live;

public enum Level
{
    Unknown,
    Good,
    Warning,
    Bad,
}

/// <summary>One hop of the path as the diagram shows it: four short lines, each with its unit.</summary>
public sealed record Stage(string Name, string Href, Level Level, string Rate, string Lag, string Age, string Error)
{
    /// <summary>Whether things pass through it right now.</summary>
    public bool Flows { get; init; }
}
