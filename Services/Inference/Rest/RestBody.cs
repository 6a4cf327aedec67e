using System.Globalization;
using CloudNativeAi.Inference.Tensors;

namespace CloudNativeAi.Inference.Rest;

/// <summary>Request and response bodies: whole, bounded, decoded.</summary>
internal static class RestBody
{
    public const string HeaderLengthName = "Inference-Header-Content-Length";

    private const int FirstRead = 4_096;

    /// <exception cref="BadHttpRequestException">It is too large, or cannot be decoded.</exception>
    public static async ValueTask<PooledBuffer> ReadAsync(HttpContext context, int maxBytes)
    {
        var request = context.Request;
        var body = ContentCoding.Decode(request.Headers.ContentEncoding, request.Body);
        if (body is null)
        {
            context.Response.Headers.AcceptEncoding = ContentCoding.Supported;
            throw new BadHttpRequestException($"the content encoding '{request.Headers.ContentEncoding}' is not supported, only {ContentCoding.Supported}", StatusCodes.Status415UnsupportedMediaType);
        }

        if (request.ContentLength > maxBytes)
        {
            throw TooLarge(maxBytes);
        }

        // One byte more than announced, so that its end is seen without growing.
        var buffer = new PooledBuffer(body == request.Body && request.ContentLength is { } length ? (int)length + 1 : FirstRead);
        try
        {
            int read;
            while ((read = await body.ReadAsync(buffer.GetMemory(), context.RequestAborted)) > 0)
            {
                buffer.Advance(read);
                if (buffer.Length > maxBytes)
                {
                    throw TooLarge(maxBytes);
                }
            }

            return buffer;
        }
        catch (InvalidDataException exception)
        {
            buffer.Dispose();
            throw new BadHttpRequestException($"the body is not what its content encoding says: {exception.Message}", StatusCodes.Status400BadRequest);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
        finally
        {
            if (body != request.Body)
            {
                await body.DisposeAsync();
            }
        }
    }

    /// <summary>The length of the JSON in front of binary tensors; null: the body is all JSON.</summary>
    /// <exception cref="InferenceException">It is no length of a part of the body.</exception>
    public static int? HeaderLength(HttpRequest request, int bodyLength)
    {
        if (!request.Headers.TryGetValue(HeaderLengthName, out var value))
        {
            return null;
        }

        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length <= bodyLength
            ? length
            : throw InferenceException.Invalid($"{HeaderLengthName} is '{value}'; it must be a whole number of bytes, 0 to the size of the body, {bodyLength}");
    }

    public static Task WriteJsonAsync(HttpContext context, ReadOnlyMemory<byte> json) => WriteAsync(context, "application/json", json, []);

    /// <param name="blobs">Follow the first part.</param>
    public static async Task WriteAsync(HttpContext context, string contentType, ReadOnlyMemory<byte> first, IReadOnlyList<ReadOnlyMemory<byte>> blobs)
    {
        var response = context.Response;
        var length = blobs.Aggregate((long)first.Length, (sum, blob) => sum + blob.Length);
        response.ContentType = contentType;
        if (length >= ContentCoding.MinBytes && ContentCoding.Choose(context.Request) is { } coding)
        {
            response.Headers.ContentEncoding = coding;
            response.Headers.Vary = "Accept-Encoding";
            await using var encoded = ContentCoding.Encode(coding, response.Body);
            await WritePartsAsync(encoded, first, blobs, context.RequestAborted);
        }
        else
        {
            response.ContentLength = length;
            await WritePartsAsync(response.Body, first, blobs, context.RequestAborted);
        }
    }

    private static async Task WritePartsAsync(Stream stream, ReadOnlyMemory<byte> first, IReadOnlyList<ReadOnlyMemory<byte>> blobs, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(first, cancellationToken);
        for (var i = 0; i < blobs.Count; i++)
        {
            await stream.WriteAsync(blobs[i], cancellationToken);
        }
    }

    private static BadHttpRequestException TooLarge(int maxBytes) =>
        new($"the request has more than {maxBytes} bytes (decompressed), which is the limit", StatusCodes.Status413PayloadTooLarge);
}
