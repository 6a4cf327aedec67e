using System.IO.Compression;

namespace CloudNativeAi.Inference.Rest;

/// <summary>gzip and deflate, both ways.</summary>
internal static class ContentCoding
{
    public const string Supported = "gzip, deflate, identity";

    /// <summary>A shorter answer is not worth the work.</summary>
    public const int MinBytes = 1_024;

    /// <summary>Null: the coding is not known.</summary>
    public static Stream? Decode(string? coding, Stream body) => coding?.Trim().ToLowerInvariant() switch
    {
        null or "" or "identity" => body,
        "gzip" or "x-gzip" => new GZipStream(body, CompressionMode.Decompress, leaveOpen: true),
        // In HTTP deflate is the zlib format.
        "deflate" => new ZLibStream(body, CompressionMode.Decompress, leaveOpen: true),
        _ => null,
    };

    /// <summary>The coding the client likes best; null: none.</summary>
    public static string? Choose(HttpRequest request)
    {
        if (request.Headers.AcceptEncoding.Count == 0)
        {
            return null;
        }

        var best = request.GetTypedHeaders().AcceptEncoding
            .Where(accepted => accepted.Value.Value is "gzip" or "deflate" && accepted.Quality is not 0)
            .MaxBy(accepted => accepted.Quality ?? 1);
        return best?.Value.Value;
    }

    public static Stream Encode(string coding, Stream body) => coding == "gzip"
        ? new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true)
        : new ZLibStream(body, CompressionLevel.Fastest, leaveOpen: true);
}
