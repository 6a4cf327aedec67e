using Grpc.Core;

namespace CloudNativeAi.Web.Clients;

/// <summary>What went wrong with a call, in words for the person in front of the page.</summary>
public sealed record ServiceFailure(string Message, bool NotFound)
{
    public static ServiceFailure From(Exception exception, string service) => exception switch
    {
        RpcException rpc => new(Describe(rpc, service), rpc.StatusCode == StatusCode.NotFound),
        _ => new($"{service} could not be asked: {exception.Message}", NotFound: false),
    };

    private static string Describe(RpcException exception, string service) => exception.StatusCode switch
    {
        StatusCode.Unavailable when exception.Status.DebugException is not null => $"{service} cannot be reached.",
        StatusCode.Unavailable => $"{service} is not available: {exception.Status.Detail}",
        StatusCode.DeadlineExceeded => $"{service} did not answer in time.",
        StatusCode.Unimplemented => $"{service} does not offer this call.",
        StatusCode.ResourceExhausted => $"{service} is too busy: {exception.Status.Detail}",
        StatusCode.Aborted => $"It changed in the meantime: {exception.Status.Detail}",
        _ when exception.Status.Detail.Length > 0 => exception.Status.Detail,
        _ => $"{service} answered {exception.StatusCode}.",
    };
}
