namespace CloudNativeAi.Modeling;

/// <summary>What is wrong with an expression or with a value it was given, and where.</summary>
public sealed class ExpressionException : Exception
{
    public ExpressionException()
    {
    }

    public ExpressionException(string message)
        : base(message)
    {
    }

    public ExpressionException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public ExpressionException(string message, int position)
        : base($"At character {position + 1}: {message}") => Position = position;

    /// <summary>Offset into the text, from 0; -1 when the fault is in a value.</summary>
    public int Position { get; } = -1;
}
