namespace CloudNativeAi.Training.Jobs;

/// <summary>The job cannot succeed, however often it is tried; the message is for the person who asked for it.</summary>
internal sealed class JobFailedException : Exception
{
    public JobFailedException()
    {
    }

    public JobFailedException(string message)
        : base(message)
    {
    }

    public JobFailedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
