using System.Globalization;
using System.IO.Hashing;
using System.Threading.Channels;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Inference.Telemetry;
using Google.Protobuf;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.PredictionLog;

/// <summary>
/// Predictions on disk until Monitoring has them. A prediction is written before it is answered; those that wait together are
/// written together. A file is a sequence of records: length (uint32), CRC-32 of the content (uint32), the message.
/// </summary>
internal sealed partial class PredictionSpool : BackgroundService
{
    private const int HeaderBytes = 2 * sizeof(uint);
    private const int MaxWaiting = 4_096;
    private const int MaxGroup = 512;

    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(MaxWaiting);
    private readonly PredictionLogOptions _options;
    private readonly InferenceMetrics _metrics;
    private readonly ILogger<PredictionSpool> _logger;
    private readonly Channel<bool> _written = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private FileStream? _active;
    private long _activeNumber;
    private long _pending;
    private long _bytes;
    private bool _isFull;

    public PredictionSpool(IConfiguration configuration, IOptions<PredictionLogOptions> options, InferenceMetrics metrics, ILogger<PredictionSpool> logger)
    {
        _options = options.Value;
        _metrics = metrics;
        _logger = logger;
        Folder = Directory.CreateDirectory(Path.Combine(configuration["Data:Directory"] ?? Path.Combine("data", "inference"), "spool")).FullName;
        foreach (var path in Segments())
        {
            _pending += SpoolReader.Read(path, 0).Records.Count;
            _bytes += new FileInfo(path).Length;
        }

        _activeNumber = Segments().Select(NumberOf).DefaultIfEmpty(0).Max();
        metrics.ObserveSpool(() => Pending, () => Volatile.Read(ref _bytes));
    }

    public string Folder { get; }

    /// <summary>Predictions that Monitoring has not acknowledged.</summary>
    public long Pending => Volatile.Read(ref _pending);

    /// <summary>Completes when something was written since the last wait.</summary>
    public async Task WaitForWriteAsync(CancellationToken cancellationToken) => await _written.Reader.ReadAsync(cancellationToken);

    /// <summary>Returns when the prediction is written.</summary>
    public async Task AppendAsync(PredictionRecord record, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(record.ToByteArray());
        await _waiting.Writer.WriteAsync(waiting, cancellationToken);
        await waiting.Written.Task;
    }

    /// <summary>Files in the order in which they were written.</summary>
    public IReadOnlyList<string> Segments() => [.. Directory.GetFiles(Folder, "*.log").Where(path => NumberOf(path) > 0).OrderBy(NumberOf)];

    public bool IsActive(string path) => NumberOf(path) == Volatile.Read(ref _activeNumber);

    public void Acknowledge(long count) => Interlocked.Add(ref _pending, -count);

    public void Delete(string path)
    {
        Interlocked.Add(ref _bytes, -new FileInfo(path).Length);
        File.Delete(path);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var group = new List<Waiting>(MaxGroup);
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
            {
                while (group.Count < MaxGroup && _waiting.Reader.TryRead(out var waiting))
                {
                    group.Add(waiting);
                }

                WriteGroup(group);
                group.Clear();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Requests have drained by now; what still waits is written all the same.
            while (_waiting.Reader.TryRead(out var waiting))
            {
                group.Add(waiting);
            }

            WriteGroup(group);
        }
        finally
        {
            _active?.Dispose();
        }
    }

    private void WriteGroup(List<Waiting> group)
    {
        if (group.Count == 0)
        {
            return;
        }

        try
        {
            if (Volatile.Read(ref _bytes) >= _options.MaxSpoolBytes)
            {
                Drop(group.Count);
            }
            else
            {
                Append(group);
                _isFull = false;
            }
        }
        catch (IOException exception)
        {
            // A full disk must not take the predictions down with it.
            LogNotWritten(exception, group.Count);
            _metrics.CountUnlogged(group.Count);
        }

        foreach (var waiting in group)
        {
            waiting.Written.TrySetResult();
        }

        _written.Writer.TryWrite(true);
    }

    private void Append(List<Waiting> group)
    {
        if (_active is null || _active.Length >= _options.SegmentBytes)
        {
            _active?.Dispose();
            var number = _activeNumber + 1;
            _active = new FileStream(Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{number:D12}.log")), FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
            Volatile.Write(ref _activeNumber, number);
        }

        var size = group.Sum(waiting => HeaderBytes + waiting.Content.Length);
        var buffer = new byte[size];
        var rest = buffer.AsSpan();
        foreach (var waiting in group)
        {
            BitConverter.TryWriteBytes(rest, (uint)waiting.Content.Length);
            BitConverter.TryWriteBytes(rest[sizeof(uint)..], Crc32.HashToUInt32(waiting.Content));
            waiting.Content.CopyTo(rest[HeaderBytes..]);
            rest = rest[(HeaderBytes + waiting.Content.Length)..];
        }

        _active.Write(buffer);
        if (_options.FlushToDisk)
        {
            _active.Flush(flushToDisk: true);
        }

        Interlocked.Add(ref _bytes, size);
        Interlocked.Add(ref _pending, group.Count);
    }

    private void Drop(int count)
    {
        _metrics.CountUnlogged(count);
        if (!_isFull)
        {
            _isFull = true;
            LogFull(_options.MaxSpoolBytes);
        }
    }

    private static long NumberOf(string path) => long.TryParse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture, out var number) ? number : 0;

    [LoggerMessage(LogLevel.Error, "The prediction spool is full ({Bytes} bytes): predictions are answered without being logged until Monitoring takes some")]
    private partial void LogFull(long bytes);

    [LoggerMessage(LogLevel.Error, "{Count} predictions could not be written to the spool and are answered without being logged")]
    private partial void LogNotWritten(Exception exception, int count);

    private sealed class Waiting(byte[] content)
    {
        public byte[] Content { get; } = content;

        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
