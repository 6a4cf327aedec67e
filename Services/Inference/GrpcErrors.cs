using Grpc.Core;

namespace CloudNativeAi.Inference;

internal static class GrpcErrors
{
    public static RpcException ToRpcException(this InferenceException exception) => new(new Status(exception.Kind.ToStatusCode(), exception.Message));

    public static StatusCode ToStatusCode(this InferenceErrorKind kind) => kind switch
    {
        InferenceErrorKind.InvalidArgument => StatusCode.InvalidArgument,
        InferenceErrorKind.NotFound => StatusCode.NotFound,
        InferenceErrorKind.FailedPrecondition => StatusCode.FailedPrecondition,
        InferenceErrorKind.ResourceExhausted => StatusCode.ResourceExhausted,
        InferenceErrorKind.DeadlineExceeded => StatusCode.DeadlineExceeded,
        InferenceErrorKind.Unavailable => StatusCode.Unavailable,
        InferenceErrorKind.Unsupported => StatusCode.Unimplemented,
        _ => StatusCode.Internal,
    };
}
