using System.Buffers;

namespace CloudNativeAi.Inference.Rest;

/// <summary>NaN, Infinity and -Infinity as bare words, which TensorFlow Serving and Python's JSON allow, put into quotes.</summary>
internal static class BareNumbers
{
    public static byte[] Quote(ReadOnlySpan<byte> json)
    {
        var quoted = new ArrayBufferWriter<byte>(json.Length + 64);
        var isInString = false;
        for (var i = 0; i < json.Length;)
        {
            var word = isInString ? default : WordAt(json[i..]);
            if (!word.IsEmpty)
            {
                quoted.Write("\""u8);
                quoted.Write(word);
                quoted.Write("\""u8);
                i += word.Length;
                continue;
            }

            // An escaped quote is passed together with its backslash.
            var length = isInString && json[i] == (byte)'\\' && i + 1 < json.Length ? 2 : 1;
            isInString ^= json[i] == (byte)'"';
            quoted.Write(json.Slice(i, length));
            i += length;
        }

        return quoted.WrittenSpan.ToArray();
    }

    private static ReadOnlySpan<byte> WordAt(ReadOnlySpan<byte> json) =>
        json.StartsWith("NaN"u8) ? json[..3] : json.StartsWith("Infinity"u8) ? json[..8] : json.StartsWith("-Infinity"u8) ? json[..9] : default;
}
