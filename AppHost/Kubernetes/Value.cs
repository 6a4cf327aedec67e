namespace CloudNativeAi.AppHost.Kubernetes;

/// <summary>
/// Expressions that read the chart's values. The built-in host finds them in what is written and puts the key, with this default, into
/// values.yaml and its schema; a chart without the key renders the default as well.
/// </summary>
internal static class Value
{
    /// <param name="path">Such as <c>resources.inference.cpu</c>; underscores, no hyphens.</param>
    /// <param name="default">An empty one leaves the member out while nobody sets the value.</param>
    public static string Text(string path, string @default) => $"{{{{ {Read(path)} | default `{@default}` }}}}";

    public static string Number(string path, int @default) => $"{{{{ {Read(path)} | default {@default} | int }}}}";

    /// <summary>One text or another, as a switch says that <see cref="DocumentExtensions.AddWhen"/> knows too.</summary>
    public static string Choose(string path, string whenTrue, string whenFalse) => $"{{{{ ternary `{whenTrue}` `{whenFalse}` (eq (toString {Read(path)}) `true`) }}}}";

    /// <summary>The expression alone, without braces: ((.Values.a).b).c, which is empty where a part is missing.</summary>
    public static string Read(string path)
    {
        var names = path.Split('.');
        return names[..^1].Aggregate(".Values", (read, name) => $"({read}.{name})") + "." + names[^1];
    }

    public static string Key(string name) => name.Replace('-', '_');
}
