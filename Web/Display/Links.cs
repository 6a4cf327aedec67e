namespace CloudNativeAi.Web.Display;

/// <summary>Addresses of the pages, relative to the base. A path names a thing, a query names a view of it.</summary>
public static class Links
{
    public static string Source(string name) => $"sources/{Escape(name)}";

    public static string QualityRule(string source, string rule) => $"{Source(source)}?rule={Escape(rule)}#rules";

    public static string FeatureView(string view) => $"features/{Escape(view)}";

    /// <param name="name">"view:feature"; a feature computed at request time has no view and no page.</param>
    public static string? Feature(string name) =>
        name.Split(':') is [var view, var feature] ? $"features/{Escape(view)}/{Escape(feature)}" : null;

    public static string Features(string search) => $"features?q={Escape(search)}";

    public static string TrainingSet(string digest) => $"training/sets/{Escape(digest)}";

    public static string Job(string id) => $"training/jobs/{Escape(id)}";

    public static string Model(string name) => $"models/{Escape(name)}";

    public static string Version(string model, int version) => $"models/{Escape(model)}/versions/{version}";

    public static string Promote(string model, int version, string alias) =>
        $"models/{Escape(model)}/versions/{version}/promote?alias={Escape(alias)}";

    public static string Endpoint(string model) => $"endpoints/{Escape(model)}";

    public static string Predictions(string model) => $"predictions?model={Escape(model)}";

    public static string Prediction(string id) => $"predictions/{Escape(id)}";

    public static string Monitoring(string model, string? feature = null) =>
        $"monitoring/{Escape(model)}" + (feature is null ? "" : $"?feature={Escape(feature)}");

    public static string Logs(string resource) => $"system/logs?resource={Escape(resource)}";

    private static string Escape(string text) => Uri.EscapeDataString(text);
}
