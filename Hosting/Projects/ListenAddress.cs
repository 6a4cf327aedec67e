using System.Globalization;

namespace Aspire.Hosting.Projects;

/// <summary>A URL as Kestrel reads it: <c>http://*:5000</c> and <c>http://127.0.0.1:0</c> are addresses, too.</summary>
internal readonly record struct ListenAddress(string Scheme, string Host, int? Port)
{
    public static ListenAddress Parse(string url)
    {
        var schemeEnd = url.IndexOf("://", StringComparison.Ordinal);
        if (schemeEnd <= 0)
        {
            throw new DistributedApplicationException($"'{url}' is not a URL to listen on.");
        }

        var scheme = url[..schemeEnd].ToLowerInvariant();
        var rest = url[(schemeEnd + 3)..];
        var pathStart = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = pathStart >= 0 ? rest[..pathStart] : rest;

        var portStart = authority.LastIndexOf(':');
        if (portStart > authority.LastIndexOf(']')
            && int.TryParse(authority[(portStart + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            // Port 0 asks for any free port, as no port does here.
            return new ListenAddress(scheme, authority[..portStart], port == 0 ? null : port);
        }

        return new ListenAddress(scheme, authority, scheme == "https" ? 443 : 80);
    }
}
