using System.Text.Json;

namespace CloudNativeAi.Inference.Rest;

/// <summary>The shape that a nested array says it has: the length of the first array at each depth.</summary>
internal static class JsonShape
{
    public static long[] Of(ReadOnlySpan<byte> json, int maxDepth)
    {
        const long Open = -1;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = maxDepth });
        List<long> shape = [];
        var counts = new long[maxDepth + 1];
        var depth = 0;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray:
                    counts[depth]++;
                    counts[++depth] = 0;
                    if (depth > shape.Count)
                    {
                        shape.Add(Open);
                    }

                    break;
                case JsonTokenType.EndArray:
                    shape[depth - 1] = shape[depth - 1] == Open ? counts[depth] : shape[depth - 1];
                    depth--;
                    break;
                default:
                    counts[depth]++;
                    reader.Skip();
                    break;
            }
        }

        return [.. shape];
    }
}
