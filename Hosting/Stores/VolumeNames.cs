using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

internal static class VolumeNames
{
    /// <summary>Aspire's default: <c>{application}-{hash}-{resource}-{suffix}</c>.</summary>
    public static string Generate(IResourceBuilder<IResource> builder, string suffix)
    {
        var application = builder.ApplicationBuilder;
        var name = string.Concat(application.Environment.ApplicationName.ToLowerInvariant()
            .Select(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' ? character : '_'));
        var hash = application.Configuration["AppHost:Sha256"]![..10].ToLowerInvariant();
        return $"{name}-{hash}-{builder.Resource.Name}-{suffix}";
    }
}
