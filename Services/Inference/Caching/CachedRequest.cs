namespace CloudNativeAi.Inference.Caching;

/// <summary>A request as a key: equal only to one of the same version with the same bytes, however alike their hashes are.</summary>
/// <param name="Digest">The version's.</param>
/// <param name="Inputs">In the model's order.</param>
/// <param name="Outputs">Indexes of the outputs wanted.</param>
internal sealed record CachedRequest(string Digest, Tensor[] Inputs, int[] Outputs)
{
    public bool Equals(CachedRequest? other)
    {
        if (other is null || Digest != other.Digest || !Outputs.AsSpan().SequenceEqual(other.Outputs) || Inputs.Length != other.Inputs.Length)
        {
            return false;
        }

        for (var i = 0; i < Inputs.Length; i++)
        {
            if (!Inputs[i].Shape.AsSpan().SequenceEqual(other.Inputs[i].Shape) || !Inputs[i].Raw.Span.SequenceEqual(other.Inputs[i].Raw.Span))
            {
                return false;
            }
        }

        return true;
    }

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Digest);
        foreach (var input in Inputs)
        {
            hash.AddBytes(input.Raw.Span);
        }

        return hash.ToHashCode();
    }
}
