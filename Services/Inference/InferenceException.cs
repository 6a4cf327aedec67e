namespace CloudNativeAi.Inference;

/// <summary>Why a request has no answer, in the terms that gRPC and HTTP share.</summary>
internal enum InferenceErrorKind
{
    InvalidArgument,
    NotFound,
    FailedPrecondition,
    ResourceExhausted,
    DeadlineExceeded,
    Unavailable,
    Unsupported,
    Internal,
}

/// <summary>A request that is refused with a message for the caller; each protocol translates it at its edge.</summary>
internal sealed class InferenceException(InferenceErrorKind kind, string message, Exception? inner = null) : Exception(message, inner)
{
    public InferenceErrorKind Kind { get; } = kind;

    public static InferenceException Invalid(string message) => new(InferenceErrorKind.InvalidArgument, message);

    public static InferenceException Unsupported(string message) => new(InferenceErrorKind.Unsupported, message);
}
