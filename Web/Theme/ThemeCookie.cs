namespace CloudNativeAi.Web.Theme;

/// <summary>Light or dark, kept by the browser. Without the cookie the browser's own preference decides.</summary>
internal static class ThemeCookie
{
    public const string Name = "theme";
    public const string Light = "light";
    public const string Dark = "dark";

    /// <summary>Null when nothing (or nothing valid) was chosen.</summary>
    public static string? Read(HttpContext? context) =>
        context?.Request.Cookies[Name] is Light or Dark ? context.Request.Cookies[Name] : null;

    /// <summary>
    /// Runs in the head, before anything is painted. The choice of the cookie is in the markup already; this is for the
    /// first visit.
    /// </summary>
    public const string FirstPaintScript = """
        (function (root) {
          if (!root.dataset.theme) {
            root.dataset.theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
          }
        })(document.documentElement);
        """;
}
