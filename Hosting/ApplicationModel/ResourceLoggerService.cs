using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <param name="LineNumber">Counts from 1 over the life of the resource.</param>
public readonly record struct LogLine(int LineNumber, string Content, bool IsErrorMessage);

/// <summary>What every resource has written, and what the host says about it. The newest lines are kept.</summary>
public class ResourceLoggerService
{
    private readonly ConcurrentDictionary<string, ResourceLog> _logs = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Called for every line, by the terminal.</summary>
    internal event Action<string, LogLine>? LineWritten;

    public ILogger GetLogger(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return GetLogger(resource.Name);
    }

    public ILogger GetLogger(string resourceName) => new ResourceLogger(this, resourceName);

    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return WatchAsync(resource.Name);
    }

    /// <summary>The kept lines, then each new batch until the log is complete.</summary>
    public async IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var log = Log(resourceName);
        var (kept, reader) = log.Subscribe();
        try
        {
            if (kept.Count > 0)
            {
                yield return kept;
            }

            while (await reader.WaitToReadAsync(cancellationToken))
            {
                var batch = new List<LogLine>();
                while (batch.Count < 1000 && reader.TryRead(out var line))
                {
                    batch.Add(line);
                }

                yield return batch;
            }
        }
        finally
        {
            log.Unsubscribe(reader);
        }
    }

    public IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return GetAllAsync(resource.Name);
    }

    public async IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(string resourceName)
    {
        await Task.CompletedTask;
        yield return Log(resourceName).Kept();
    }

    public void Complete(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        Complete(resource.Name);
    }

    public void Complete(string name) => Log(name).Complete();

    public void ClearBacklog(string resourceName) => Log(resourceName).Clear();

    internal void Write(string resourceName, string content, bool isError)
    {
        var line = Log(resourceName).Append(content, isError);
        LineWritten?.Invoke(resourceName, line);
    }

    internal IReadOnlyList<LogLine> Kept(string resourceName) => Log(resourceName).Kept();

    internal void CompleteAll()
    {
        foreach (var log in _logs.Values)
        {
            log.Complete();
        }
    }

    private ResourceLog Log(string name) => _logs.GetOrAdd(name, _ => new ResourceLog());

    private sealed class ResourceLog
    {
        private const int Capacity = 10_000;
        private const int WatcherCapacity = 20_000;

        private readonly Lock _lock = new();
        private readonly Queue<LogLine> _lines = new();
        private readonly List<Channel<LogLine>> _watchers = [];
        private int _lineNumber;
        private bool _isComplete;

        public LogLine Append(string content, bool isError)
        {
            lock (_lock)
            {
                var line = new LogLine(++_lineNumber, content, isError);
                if (_lines.Count == Capacity)
                {
                    _lines.Dequeue();
                }

                _lines.Enqueue(line);
                foreach (var watcher in _watchers)
                {
                    watcher.Writer.TryWrite(line);
                }

                return line;
            }
        }

        public IReadOnlyList<LogLine> Kept()
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }

        public (IReadOnlyList<LogLine> Kept, ChannelReader<LogLine> Reader) Subscribe()
        {
            // A watcher that does not keep up loses the oldest lines rather than the host's memory.
            var channel = Channel.CreateBounded<LogLine>(new BoundedChannelOptions(WatcherCapacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
            lock (_lock)
            {
                if (_isComplete)
                {
                    channel.Writer.Complete();
                }

                _watchers.Add(channel);
                return ([.. _lines], channel.Reader);
            }
        }

        public void Unsubscribe(ChannelReader<LogLine> reader)
        {
            lock (_lock)
            {
                _watchers.RemoveAll(watcher => watcher.Reader == reader);
            }
        }

        public void Complete()
        {
            lock (_lock)
            {
                _isComplete = true;
                foreach (var watcher in _watchers)
                {
                    watcher.Writer.TryComplete();
                }
            }
        }

        public void Clear()
        {
            lock (_lock)
            {
                _lines.Clear();
            }
        }
    }

    private sealed class ResourceLogger(ResourceLoggerService service, string resourceName) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                var message = formatter(state, exception);
                service.Write(resourceName, exception is null ? message : $"{message}: {exception.Message}", isError: logLevel >= LogLevel.Error);
            }
        }
    }
}
