namespace CloudNativeAi.Training.Trainers.LightGbm;

/// <summary>LightGBM refused: a parameter, the data, or the library itself.</summary>
internal sealed class LightGbmException : Exception
{
    public LightGbmException()
    {
    }

    public LightGbmException(string message)
        : base(message)
    {
    }

    public LightGbmException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
