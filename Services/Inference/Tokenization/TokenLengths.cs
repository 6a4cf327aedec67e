using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Tokenization;

/// <summary>How long a text's tokens may be, and to what length they are padded.</summary>
internal sealed record TokenLengths(int MaxLength, TokenPadding Padding, int PadToMultipleOf, bool Truncation)
{
    /// <summary>What is kept of two texts that must not have more tokens than there is room for: the longer one is cut first.</summary>
    public static (int First, int Second) Truncate(int first, int second, int room)
    {
        var surplus = first + second - room;
        if (surplus <= 0)
        {
            return (first, second);
        }

        // Down to the other's length, then in turns; of equal ones the second loses first.
        var difference = Math.Min(surplus, Math.Abs(first - second));
        var each = surplus - difference;
        (first, second) = first > second ? (first - difference, second) : (first, second - difference);
        return (first - (each / 2), second - ((each + 1) / 2));
    }

    /// <param name="longest">Tokens of the request's longest text.</param>
    /// <returns>At least 1, also for a request without texts.</returns>
    public int Padded(int longest)
    {
        if (Padding == TokenPadding.MaxLength)
        {
            return MaxLength;
        }

        var multiples = (Math.Max(longest, 1) + PadToMultipleOf - 1) / PadToMultipleOf;
        return Math.Min(multiples * PadToMultipleOf, MaxLength);
    }
}
