using System.IO.Compression;
using System.Text;
using Microsoft.Net.Http.Headers;
using ZstdSharp;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>The request's body, decompressed, as UTF-8, and bounded.</summary>
internal static class UploadBody
{
    private static readonly UnicodeEncoding StrictUtf16 = new(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true);

    /// <summary>Null: the encoding or charset is not one that is understood, and <paramref name="fault"/> says so.</summary>
    public static Stream? Open(HttpRequest request, long limit, out string fault)
    {
        fault = "";
        Stream? body = request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant() switch
        {
            "" or "identity" => request.Body,
            "gzip" or "x-gzip" => new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
            "zstd" => new DecompressionStream(request.Body, leaveOpen: true),
            _ => null,
        };
        if (body is null)
        {
            fault = $"Content-Encoding '{request.Headers.ContentEncoding}' is not understood; send identity, gzip or zstd.";
            return null;
        }

        body = new LimitedStream(body, limit);
        var charset = MediaTypeHeaderValue.TryParse(request.ContentType, out var contentType) ? contentType.Charset.ToString().Trim('"').ToLowerInvariant() : "";
        switch (charset)
        {
            case "" or "utf-8" or "utf8" or "us-ascii":
                return body;
            case "iso-8859-1" or "latin1":
                return Encoding.CreateTranscodingStream(body, Encoding.Latin1, Encoding.UTF8);
            case "utf-16" or "utf-16le":
                return Encoding.CreateTranscodingStream(body, StrictUtf16, Encoding.UTF8);
            default:
                fault = $"charset '{charset}' is not understood; send utf-8, utf-16 or iso-8859-1.";
                return null;
        }
    }
}
