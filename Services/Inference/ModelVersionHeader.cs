namespace CloudNativeAi.Inference;

/// <summary>
/// <c>x-model-version</c>: a version's number or an alias, for requests that name none. With it a proxy or a test sends
/// traffic past the split without a change of its messages.
/// </summary>
internal static class ModelVersionHeader
{
    public const string Name = "x-model-version";

    /// <param name="named">What the request names itself, which counts more; null or empty: nothing.</param>
    /// <returns>Empty: nothing is named.</returns>
    public static string VersionOf(this HttpContext context, string? named) =>
        string.IsNullOrEmpty(named) && context.Request.Headers.TryGetValue(Name, out var value) ? value.ToString() : named ?? "";
}
