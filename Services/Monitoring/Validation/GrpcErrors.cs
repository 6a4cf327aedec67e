using Grpc.Core;

namespace CloudNativeAi.Monitoring.Validation;

internal static class GrpcErrors
{
    public static RpcException Invalid(string detail) => new(new Status(StatusCode.InvalidArgument, detail));

    public static RpcException NotFound(string detail) => new(new Status(StatusCode.NotFound, detail));

    public static void ThrowIf(Problem? problem)
    {
        if (problem is not null)
        {
            throw Invalid($"{problem.Field}: {problem.Reason}");
        }
    }
}
