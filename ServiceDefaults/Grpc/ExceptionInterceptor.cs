using System.Net.Sockets;
using CloudNativeAi.ServiceDefaults.Telemetry;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;
using Npgsql;
using StackExchange.Redis;

namespace CloudNativeAi.ServiceDefaults.Grpc;

/// <summary>
/// The one place where exceptions become gRPC status codes. A lost dependency is UNAVAILABLE, a bug is INTERNAL;
/// the detail goes to the log and the caller gets what it is found under there.
/// </summary>
internal sealed partial class ExceptionInterceptor(ILogger<ExceptionInterceptor> logger) : Interceptor
{
    // Most calls end well, many of them at once.
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            var answer = continuation(request, context);
            return answer.IsCompletedSuccessfully ? answer : TranslateAsync(answer, context);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw Translate(exception, context);
        }
    }

    private async Task<TResponse> TranslateAsync<TResponse>(Task<TResponse> answer, ServerCallContext context)
    {
        try
        {
            return await answer;
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw Translate(exception, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw Translate(exception, context);
        }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(requestStream, context);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw Translate(exception, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw Translate(exception, context);
        }
    }

    private RpcException Translate(Exception exception, ServerCallContext context)
    {
        if (context.CancellationToken.IsCancellationRequested)
        {
            return new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled or its connection was closed."));
        }

        var reference = RequestTrace.ReferenceOf(context.GetHttpContext());
        if (IsLostDependency(exception))
        {
            LogDependencyLost(exception, context.Method, reference);
            return new RpcException(new Status(StatusCode.Unavailable, $"A store this service needs is not reachable; retry later. The service's log has it under {reference}."));
        }

        LogFailed(exception, context.Method, reference);
        return new RpcException(new Status(StatusCode.Internal, $"An internal error occurred; the service's log has it under {reference}."));
    }

    private static bool IsLostDependency(Exception exception) => exception switch
    {
        NpgsqlException npgsql => npgsql.IsTransient || npgsql.InnerException is SocketException or EndOfStreamException or IOException,
        RedisConnectionException or RedisTimeoutException => true,
        _ => false,
    };

    [LoggerMessage(LogLevel.Error, "{Method} failed ({Reference})")]
    private partial void LogFailed(Exception exception, string method, string reference);

    [LoggerMessage(LogLevel.Warning, "{Method} could not reach a store ({Reference})")]
    private partial void LogDependencyLost(Exception exception, string method, string reference);
}
