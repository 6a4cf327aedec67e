using System.Buffers;
using System.Text.Json;
using CloudNativeAi.Inference.Tensors;

namespace CloudNativeAi.Inference.Rest;

/// <summary>Elements of BYTES in JSON: strings, their UTF-8 as it is; or TensorFlow Serving's <c>{"b64": "..."}</c>.</summary>
internal static class JsonBytes
{
    /// <summary>Adds the element at the reader to a tensor; false: it is none.</summary>
    /// <exception cref="InferenceException">It has escapes, and no form in UTF-8.</exception>
    public static bool TryAppend(ref Utf8JsonReader reader, ArrayBufferWriter<byte> raw)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            return TryAppendBase64(ref reader, raw);
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            return false;
        }

        if (!reader.ValueIsEscaped)
        {
            BytesFraming.Append(raw, reader.ValueSpan);
            return true;
        }

        // Unescaped, a string is never longer.
        var unescaped = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            var length = reader.CopyString(unescaped);
            BytesFraming.Append(raw, unescaped.AsSpan(0, length));
            return true;
        }
        catch (InvalidOperationException)
        {
            // As the reader reports half a surrogate pair, and bytes that are not UTF-8.
            throw InferenceException.Invalid("a string is no valid Unicode: it has half a surrogate pair, or bytes that are not UTF-8");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(unescaped);
        }
    }

    private static bool TryAppendBase64(ref Utf8JsonReader reader, ArrayBufferWriter<byte> raw)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals("b64"u8)
            || !reader.Read() || reader.TokenType != JsonTokenType.String || !reader.TryGetBytesFromBase64(out var decoded)
            || !reader.Read() || reader.TokenType != JsonTokenType.EndObject)
        {
            return false;
        }

        BytesFraming.Append(raw, decoded);
        return true;
    }
}
