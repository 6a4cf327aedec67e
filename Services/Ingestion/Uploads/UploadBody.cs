using System.IO.Compression;
using System.Text;
using Microsoft.Net.Http.Headers;
using ZstdSharp;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>The request's body, decompressed, as UTF-8, and bounded.</summary>
internal static class UploadBody
{
    /// <summary>Null: the encoding or charset is not one that is understood, and the fault says so.</summary>
    /// <param name="limit">Bytes after decompression.</param>
    public static async ValueTask<(Stream? Body, string Fault)> OpenAsync(
        HttpRequest request, UploadFormat format, long limit, CancellationToken cancellationToken)
    {
        if (Decompress(request) is not { } decompressed)
        {
            return (null, $"Content-Encoding '{request.Headers.ContentEncoding}' is not understood; send identity, gzip or zstd.");
        }

        var body = new LimitedStream(decompressed, limit);
        if (format == UploadFormat.Parquet)
        {
            return (body, "");
        }

        var charset = MediaTypeHeaderValue.TryParse(request.ContentType, out var contentType) ? contentType.Charset.ToString().Trim('"') : "";
        if (charset.Length > 0)
        {
            return TextEncoding.Named(charset) is { } named
                ? (ToUtf8(body, named), "")
                : (null, $"charset '{charset}' is not understood; send {TextEncoding.Supported}.");
        }

        // JSON is UTF-8 by its definition; CSV is whatever a spreadsheet made of it.
        return (format == UploadFormat.Csv ? await DetectAsync(body, cancellationToken) : body, "");
    }

    /// <summary>Whether reading ended because the compressed data is not what it says.</summary>
    public static bool IsCorrupt(Exception exception) => exception is InvalidDataException or ZstdException or EndOfStreamException;

    public static Stream? Decompress(HttpRequest request) => request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant() switch
    {
        "" or "identity" => request.Body,
        "gzip" or "x-gzip" => new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
        "zstd" => new DecompressionStream(request.Body, leaveOpen: true),
        _ => null,
    };

    /// <summary>Reads the first bytes to find out the encoding.</summary>
    public static async Task<Stream> DetectAsync(Stream body, CancellationToken cancellationToken)
    {
        var sample = new byte[TextEncoding.SampleBytes];
        var length = await body.ReadAtLeastAsync(sample, sample.Length, throwOnEndOfStream: false, cancellationToken);
        return ToUtf8(new PrefixStream(sample.AsMemory(0, length), body), TextEncoding.Detect(sample.AsSpan(0, length)));
    }

    private static Stream ToUtf8(Stream body, Encoding encoding) =>
        encoding == Encoding.UTF8 ? body : Encoding.CreateTranscodingStream(body, encoding, Encoding.UTF8);
}
