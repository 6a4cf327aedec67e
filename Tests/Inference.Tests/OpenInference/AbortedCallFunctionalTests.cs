using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.Inference.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CloudNativeAi.Inference.Tests.OpenInference;

/// <summary>A client that goes away while its message is being read.</summary>
public sealed class AbortedCallFunctionalTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // With a timeout the server ends the call by itself; else the client resets it.
    [Theory]
    [InlineData(null)]
    [InlineData("50m")]
    public async Task Call_that_ends_while_its_message_is_read_is_no_error_of_the_service(string? timeout)
    {
        await using var platform = await FakePlatform.StartAsync();
        await using var host = InferenceHost.Start(platform, null, ($"Logging:LogLevel:{AbortedCallLogging.Category}", "Debug"));
        using var log = new CollectingLog();
        host.Get<ILoggerFactory>().AddProvider(log);
        using var client = new HttpClient { BaseAddress = host.GrpcAddress };
        using var goesAway = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/inference.GRPCInferenceService/ModelInfer")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new UnfinishedMessage(),
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (timeout is not null)
        {
            request.Headers.Add("grpc-timeout", timeout);
        }

        var call = client.SendAsync(request, goesAway.Token);
        await log.Reading.Task.WaitAsync(InferenceHost.Patience, Token);
        if (timeout is null)
        {
            await goesAway.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }

        await log.Ended.Task.WaitAsync(InferenceHost.Patience, Token);
        Assert.DoesNotContain(log.Levels, level => level > LogLevel.Information);
        await goesAway.CancelAsync();
        await Task.WhenAny(call);
    }

    // gRPC says Error when the reset is read before the call's token is cancelled, which is a race of two threads in Kestrel.
    [Fact]
    public void Reset_that_grpc_takes_for_an_error_is_logged_at_debug()
    {
        using var log = new CollectingLog();
        using var inner = new LoggerFactory([log], new LoggerFilterOptions { MinLevel = LogLevel.Debug });
        using var factory = new AbortedCallLogging(inner);

        factory.CreateLogger(AbortedCallLogging.Category).LogError(new IOException("The client reset the request stream."), "Error reading message.");
        factory.CreateLogger(AbortedCallLogging.Category).LogError(new TaskCanceledException("The request was aborted"), "Error when executing service method.");

        Assert.Equal([LogLevel.Debug, LogLevel.Debug], log.Levels);
    }

    [Fact]
    public void Other_errors_of_grpc_stay_errors()
    {
        using var log = new CollectingLog();
        using var inner = new LoggerFactory([log]);
        using var factory = new AbortedCallLogging(inner);

        factory.CreateLogger(AbortedCallLogging.Category).LogError(new InvalidOperationException("a bug"), "failed");
        factory.CreateLogger("Another").LogError(new IOException("a disk"), "failed");

        Assert.Equal([LogLevel.Error], log.Levels);
        Assert.Equal([LogLevel.Error], log.OtherLevels);
    }

    // Announces 1,000 bytes, sends ten, and waits.
    private sealed class UnfinishedMessage : HttpContent
    {
        public UnfinishedMessage() => Headers.ContentType = new MediaTypeHeaderValue("application/grpc");

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(new byte[] { 0, 0, 0, 3, 232, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class CollectingLog : ILoggerProvider
    {
        /// <summary>Of what gRPC says of its calls.</summary>
        public ConcurrentQueue<LogLevel> Levels { get; } = new();

        public ConcurrentQueue<LogLevel> OtherLevels { get; } = new();

        public TaskCompletionSource Reading { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName == AbortedCallLogging.Category);

        public void Dispose()
        {
        }

        private sealed class Logger(CollectingLog log, bool isOfCalls) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                (isOfCalls ? log.Levels : log.OtherLevels).Enqueue(logLevel);
                if (isOfCalls && eventId.Name == "ReadingMessage")
                {
                    log.Reading.TrySetResult();
                }
                else if (isOfCalls && exception is not null && eventId.Name != "ErrorReadingMessage")
                {
                    // The last that gRPC says of such a call.
                    log.Ended.TrySetResult();
                }
            }
        }
    }
}
