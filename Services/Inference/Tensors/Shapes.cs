namespace CloudNativeAi.Inference.Tensors;

internal static class Shapes
{
    /// <summary>The product of the dimensions (1 for a scalar); null when a dimension is negative or the product overflows.</summary>
    public static long? ElementCount(ReadOnlySpan<long> shape)
    {
        UInt128 product = 1;
        var isEmpty = false;
        foreach (var dimension in shape)
        {
            if (dimension < 0)
            {
                return null;
            }

            isEmpty |= dimension == 0;
            product = isEmpty ? 0 : product * (ulong)dimension;
            if (product > long.MaxValue)
            {
                return null;
            }
        }

        return (long)product;
    }

    public static string Format(ReadOnlySpan<long> shape) => $"[{string.Join(',', shape.ToArray())}]";

    /// <summary>-1 in the expected shape stands for any size.</summary>
    public static bool Fits(ReadOnlySpan<long> expected, ReadOnlySpan<long> actual)
    {
        if (expected.Length != actual.Length)
        {
            return false;
        }

        for (var i = 0; i < expected.Length; i++)
        {
            if (expected[i] >= 0 && expected[i] != actual[i])
            {
                return false;
            }
        }

        return true;
    }
}
