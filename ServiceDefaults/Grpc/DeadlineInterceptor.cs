using Grpc.Core;
using Grpc.Core.Interceptors;

namespace CloudNativeAi.ServiceDefaults.Grpc;

/// <summary>Gives every unary call a deadline: a remote call without one can wait for ever.</summary>
public sealed class DeadlineInterceptor(TimeProvider timeProvider) : Interceptor
{
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(30);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        if (context.Options.Deadline is null)
        {
            var deadline = timeProvider.GetUtcNow().UtcDateTime + DefaultDeadline;
            context = new ClientInterceptorContext<TRequest, TResponse>(
                context.Method, context.Host, context.Options.WithDeadline(deadline));
        }

        return continuation(request, context);
    }
}
