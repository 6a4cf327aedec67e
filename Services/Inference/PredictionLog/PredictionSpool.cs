using System.Buffers;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Inference.Telemetry;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace CloudNativeAi.Inference.PredictionLog;

/// <summary>
/// Predictions on this machine's disk until Monitoring has them. A record that was appended outlives the process: it is in
/// the kernel's hands before the append returns. Records that arrive while a write is under way are written together by the next.
/// </summary>
internal sealed partial class PredictionSpool : IDisposable
{
    private readonly IOptions<PredictionLogOptions> _options;
    private readonly ILogger<PredictionSpool> _logger;
    private readonly string _directory;
    private readonly FileStream _lockFile;
    private readonly Lock _gate = new();
    private readonly LinkedList<SpoolSegment> _segments = [];
    private readonly SemaphoreSlim _arrived = new(0, 1);

    // The group that collects while the other one is written.
    private Group _collecting = new();
    private Group _spare = new();
    private bool _writing;
    private SafeFileHandle? _file;
    private SpoolSegment? _active;
    private long _spooledBytes;
    private long _spooledRecords;

    public PredictionSpool(IConfiguration configuration, IOptions<PredictionLogOptions> options, InferenceMetrics metrics, ILogger<PredictionSpool> logger)
    {
        _options = options;
        _logger = logger;
        _directory = Path.Combine(DataDirectory.Of(configuration), "prediction-log");
        Directory.CreateDirectory(_directory);
        try
        {
            _lockFile = new FileStream(Path.Combine(_directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new InvalidOperationException($"Another process uses the prediction log in '{_directory}'. Give each replica its own Data:Directory.", exception);
        }

        Recover();
        metrics.ObserveSpool(() => SpooledPredictions, () => Volatile.Read(ref _spooledBytes));
    }

    /// <summary>Predictions Monitoring does not have yet.</summary>
    public long SpooledPredictions => Volatile.Read(ref _spooledRecords);

    /// <summary>File of the predictions that Monitoring refuses.</summary>
    public string RefusedPath => Path.Combine(_directory, "refused.log");

    /// <summary>Returns true when the record will outlive the process; false when the spool is full.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public ValueTask<bool> AppendAsync(PredictionRecord record)
    {
        var size = SpoolFrame.SizeOf(record);
        Group group;
        lock (_gate)
        {
            if (_spooledBytes + _collecting.Buffer.WrittenCount + size > _options.Value.MaxSpoolBytes)
            {
                return ValueTask.FromResult(false);
            }

            group = _collecting;
            SpoolFrame.Append(group.Buffer, record, size);
            group.Records++;
            if (_writing)
            {
                group.Waiters ??= new Waiters();
                return new ValueTask<bool>(group.Waiters.Task);
            }

            _writing = true;
        }

        return WriteOwnGroup(group);
    }

    /// <summary>Waits until there is something to ship.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (SpooledPredictions == 0)
        {
            await _arrived.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The oldest records that Monitoring does not have; <see cref="Acknowledge"/> takes them off.</summary>
    public SpoolBatch? Peek(int count)
    {
        while (true)
        {
            SpoolSegment segment;
            long length;
            lock (_gate)
            {
                if (_segments.First is not { Value: var oldest })
                {
                    return null;
                }

                segment = oldest;
                length = segment.Length;
                if (segment.Shipped == length)
                {
                    if (segment == _active)
                    {
                        return null;
                    }

                    Retire(segment);
                    continue;
                }
            }

            return Read(segment, length, count);
        }
    }

    public void Acknowledge(SpoolBatch batch)
    {
        lock (_gate)
        {
            batch.Segment.Shipped += batch.Bytes;
            batch.Segment.ShippedRecords += batch.Records.Count;
            _spooledBytes -= batch.Bytes;
            _spooledRecords -= batch.Records.Count;
            if (batch.Segment.Shipped == batch.Segment.Length && batch.Segment != _active)
            {
                Retire(batch.Segment);
            }
        }
    }

    /// <summary>Records of the newest segments, shipped or not, oldest first: what a prediction that is asked again is recognized by.</summary>
    public IEnumerable<PredictionRecord> ReadRecent()
    {
        var paths = SpoolSegment.Find(_directory, SpoolSegment.DoneSuffix).Select(number => new SpoolSegment(_directory, number).DonePath).ToList();
        lock (_gate)
        {
            paths.AddRange(_segments.Select(segment => segment.Path));
        }

        foreach (var path in paths)
        {
            var bytes = File.ReadAllBytes(path);
            for (var offset = 0; SpoolFrame.TryRead(bytes.AsSpan(offset), out var record, out var size); offset += size)
            {
                yield return record;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
        }

        _lockFile.Dispose();
        _arrived.Dispose();
    }

    private ValueTask<bool> WriteOwnGroup(Group own)
    {
        // The caller writes its own group on its own thread; groups that collected meanwhile are written elsewhere.
        var failure = WriteGroup(own);
        bool more;
        lock (_gate)
        {
            more = _collecting.Records > 0;
            _writing = more;
        }

        if (more)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static spool => spool.WriteRest(), this, preferLocal: false);
        }

        return failure is null ? ValueTask.FromResult(true) : ValueTask.FromException<bool>(failure);
    }

    private void WriteRest()
    {
        while (true)
        {
            Group group;
            lock (_gate)
            {
                group = _collecting;
                if (group.Records == 0)
                {
                    _writing = false;
                    return;
                }
            }

            WriteGroup(group);
        }
    }

    // Only one at a time: whoever set _writing.
    private Exception? WriteGroup(Group group)
    {
        lock (_gate)
        {
            _collecting = _spare;
            _spare = group;
        }

        Exception? failure = null;
        try
        {
            Write(group);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            failure = exception;
        }

        var waiters = group.Reset();
        if (failure is null)
        {
            waiters?.Succeeded();
        }
        else
        {
            waiters?.Failed(failure);
        }

        if (_arrived.CurrentCount == 0)
        {
            try
            {
                _arrived.Release();
            }
            catch (SemaphoreFullException)
            {
                // Somebody else has just said so.
            }
        }

        return failure;
    }

    private void Write(Group group)
    {
        var bytes = group.Buffer.WrittenSpan;
        if (_active is null || _active.Length >= _options.Value.SegmentBytes)
        {
            BeginSegment();
        }

        // At the known end: what a failed write left behind is overwritten.
        RandomAccess.Write(_file!, bytes, _active!.Length);
        if (_options.Value.FlushToDisk)
        {
            RandomAccess.FlushToDisk(_file!);
        }

        lock (_gate)
        {
            _active.Length += bytes.Length;
            _active.Records += group.Records;
            _spooledBytes += bytes.Length;
            _spooledRecords += group.Records;
        }
    }

    private void BeginSegment()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
            var number = Math.Max(_active?.Number ?? 0, _segments.Last?.Value.Number ?? 0);
            number = Math.Max(number, SpoolSegment.Find(_directory, SpoolSegment.DoneSuffix) is [.., var last] ? last : 0);
            var next = new SpoolSegment(_directory, number + 1);
            _file = File.OpenHandle(next.Path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
            _active = next;
            _segments.AddLast(next);
        }
    }

    private static SpoolBatch Read(SpoolSegment segment, long length, int count)
    {
        using var file = File.OpenHandle(segment.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var buffer = new byte[length - segment.Shipped];
        var read = 0;
        while (read < buffer.Length)
        {
            var part = RandomAccess.Read(file, buffer.AsSpan(read), segment.Shipped + read);
            if (part == 0)
            {
                break;
            }

            read += part;
        }

        var records = new List<PredictionRecord>();
        var offset = 0;
        while (records.Count < count && SpoolFrame.TryRead(buffer.AsSpan(offset, read - offset), out var record, out var size))
        {
            records.Add(record);
            offset += size;
        }

        if (records.Count == 0)
        {
            throw new InvalidDataException($"'{segment.Path}' is damaged at byte {segment.Shipped}.");
        }

        return new SpoolBatch(segment, records, offset);
    }

    // The segments of the last run: everything in them is shipped again unless it is marked done; Monitoring knows ids it has.
    private void Recover()
    {
        foreach (var number in SpoolSegment.Find(_directory, SpoolSegment.WaitingSuffix))
        {
            var segment = new SpoolSegment(_directory, number);
            var bytes = File.ReadAllBytes(segment.Path);
            var offset = 0;
            while (SpoolFrame.TryRead(bytes.AsSpan(offset), out _, out var size))
            {
                offset += size;
                segment.Records++;
            }

            if (offset < bytes.Length)
            {
                LogTorn(segment.Path, bytes.Length - offset);
            }

            segment.Length = offset;
            if (offset == 0)
            {
                File.Delete(segment.Path);
                continue;
            }

            _segments.AddLast(segment);
            _spooledBytes += segment.Length;
            _spooledRecords += segment.Records;
        }

        if (_spooledRecords > 0)
        {
            LogRecovered(_spooledRecords);
            _arrived.Release();
        }
    }

    // Under the gate.
    private void Retire(SpoolSegment segment)
    {
        _segments.Remove(segment);
        File.Move(segment.Path, segment.DonePath, overwrite: true);

        var kept = 0L;
        foreach (var number in SpoolSegment.Find(_directory, SpoolSegment.DoneSuffix).Reverse())
        {
            var path = new SpoolSegment(_directory, number).DonePath;
            kept += new FileInfo(path).Length;
            if (kept > _options.Value.RecentBytes)
            {
                File.Delete(path);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "{Count} predictions of the last run wait for Monitoring")]
    private partial void LogRecovered(long count);

    [LoggerMessage(LogLevel.Warning, "'{Path}' ends with {Bytes} bytes of a record that was never answered; they are ignored")]
    private partial void LogTorn(string path, long bytes);

    private sealed class Group
    {
        public ArrayBufferWriter<byte> Buffer { get; } = new(16 * 1024);

        public int Records { get; set; }

        public Waiters? Waiters { get; set; }

        public Waiters? Reset()
        {
            var waiters = Waiters;
            Buffer.ResetWrittenCount();
            Records = 0;
            Waiters = null;
            return waiters;
        }
    }

    private sealed class Waiters
    {
        private readonly TaskCompletionSource<bool> _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<bool> Task => _written.Task;

        public void Succeeded() => _written.SetResult(true);

        public void Failed(Exception exception) => _written.SetException(exception);
    }
}

/// <summary>Some records at the head of the spool.</summary>
internal sealed record SpoolBatch(SpoolSegment Segment, IReadOnlyList<PredictionRecord> Records, int Bytes);
