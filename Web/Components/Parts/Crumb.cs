namespace CloudNativeAi.Web.Components.Parts;

/// <summary>A page above this one.</summary>
public sealed record Crumb(string Name, string Href);
