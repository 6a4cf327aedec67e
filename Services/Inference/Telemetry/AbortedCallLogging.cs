using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CloudNativeAi.Inference.Telemetry;

/// <summary>
/// A call whose client went away while its message was being read, as when its deadline has passed, is no error of this
/// service. gRPC logs it as one, with a stack trace, when it reads of the reset before the call's token is cancelled. Here
/// that is at Debug; whatever else gRPC has to say stays as it is.
/// </summary>
internal sealed class AbortedCallLogging(LoggerFactory inner) : ILoggerFactory
{
    public const string Category = "Grpc.AspNetCore.Server.ServerCallHandler";

    public ILogger CreateLogger(string categoryName)
    {
        var logger = inner.CreateLogger(categoryName);
        return categoryName == Category ? new QuietLogger(logger) : logger;
    }

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose() => inner.Dispose();

    // What Kestrel throws when a stream was reset or its connection is gone.
    private static bool IsAborted(Exception? exception) => exception is IOException or OperationCanceledException;

    private sealed class QuietLogger(ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            inner.Log(logLevel == LogLevel.Error && IsAborted(exception) ? LogLevel.Debug : logLevel, eventId, state, exception, formatter);
    }
}

internal static class AbortedCallLoggingRegistration
{
    public static void AddAbortedCallLogging(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<LoggerFactory>();
        builder.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory, AbortedCallLogging>());
    }
}
