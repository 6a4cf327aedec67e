using CloudNativeAi.Inference.Telemetry;

namespace CloudNativeAi.Inference.Batching;

/// <summary>Runs a model once; the values were checked.</summary>
internal delegate Tensor[] RunModel(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<int> outputs);

/// <param name="Instances">Runs at a time.</param>
/// <param name="MaxBatchSize">Rows of one run; 1 where rows of different requests must not share one.</param>
/// <param name="MaxQueueSize">Requests that may wait.</param>
internal sealed record BatcherSettings(int Instances, int MaxBatchSize, int MaxQueueSize);

/// <summary>
/// Greedy dynamic batching of one model. While an instance is free a request runs at once, on its own thread; otherwise it
/// waits, and the instance that becomes free takes everything that fits into one run. There is no delay: waiting for more
/// company loses far more at low load than it wins at high load.
/// </summary>
internal sealed class Batcher(BatcherSettings settings, RunModel run, BatchObserver observer, TimeProvider timeProvider)
{
    private const int MaxScan = 256;

    private readonly Lock _gate = new();
    private readonly LinkedList<InferenceWork> _queue = [];
    private int _free = settings.Instances;

    public BatcherSettings Settings { get; } = settings;

    public int QueueLength
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count;
            }
        }
    }

    /// <param name="queueTimeout">Longest wait for an instance; null: no limit but the caller's.</param>
    /// <exception cref="InferenceException">The queue is full, the wait took too long, or the run failed.</exception>
    public ValueTask<Tensor[]> RunAsync(Tensor[] inputs, int[] outputs, long rows, TimeSpan? queueTimeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            observer.Rejected(RejectionReason.Cancelled);
            return ValueTask.FromCanceled<Tensor[]>(cancellationToken);
        }

        InferenceWork work;
        lock (_gate)
        {
            // A free instance means an empty queue: an instance that finds something waiting is not free.
            if (_free > 0)
            {
                _free--;
                work = null!;
            }
            else
            {
                if (_queue.Count >= Settings.MaxQueueSize)
                {
                    DropCancelled();
                }

                if (_queue.Count >= Settings.MaxQueueSize)
                {
                    observer.Rejected(RejectionReason.QueueFull);
                    return ValueTask.FromException<Tensor[]>(new InferenceException(
                        InferenceErrorKind.ResourceExhausted, $"Exceeds maximum queue size ({Settings.MaxQueueSize} requests wait for this model)"));
                }

                var now = timeProvider.GetTimestamp();
                var expiresAt = queueTimeout is { } timeout ? now + (long)(timeout.TotalSeconds * timeProvider.TimestampFrequency) : long.MaxValue;
                work = new InferenceWork(inputs, outputs, rows, now, expiresAt);
                _queue.AddLast(work);
            }
        }

        return work is null ? RunInline(inputs, outputs, rows) : Wait(work, cancellationToken);
    }

    private ValueTask<Tensor[]> RunInline(Tensor[] inputs, int[] outputs, long rows)
    {
        try
        {
            observer.Queued(TimeSpan.Zero);
            using var activity = InferenceMetrics.Activities.StartActivity("compute");
            var started = timeProvider.GetTimestamp();
            var answer = run(inputs, outputs);
            observer.Ran(rows, requests: 1, new RunTimes(TimeSpan.Zero, timeProvider.GetElapsedTime(started), TimeSpan.Zero));
            return ValueTask.FromResult(answer);
        }
        catch (Exception exception)
        {
            return ValueTask.FromException<Tensor[]>(exception);
        }
        finally
        {
            lock (_gate)
            {
                if (_queue.Count == 0)
                {
                    _free++;
                }
                else
                {
                    // The caller has its answer; others' requests are not run on its thread.
                    ThreadPool.UnsafeQueueUserWorkItem(static batcher => batcher.Drain(), this, preferLocal: false);
                }
            }
        }
    }

    private ValueTask<Tensor[]> Wait(InferenceWork work, CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            work.Cancellation = cancellationToken.UnsafeRegister(
                (state, token) =>
                {
                    var waiting = (InferenceWork)state!;
                    if (waiting.TryTake())
                    {
                        observer.Rejected(RejectionReason.Cancelled);
                        waiting.Cancel(token);
                    }
                },
                work);
        }

        return new ValueTask<Tensor[]>(work.Answer);
    }

    // Holds an instance until nothing waits.
    private void Drain()
    {
        var batch = new List<InferenceWork>();
        var expired = new List<InferenceWork>();
        while (true)
        {
            batch.Clear();
            expired.Clear();
            bool isDone;
            lock (_gate)
            {
                TakeBatch(batch, expired);
                isDone = batch.Count == 0 && _queue.Count == 0;
                if (isDone)
                {
                    _free++;
                }
            }

            foreach (var work in expired)
            {
                observer.Rejected(RejectionReason.Expired);
                work.Fail(new InferenceException(InferenceErrorKind.Unavailable, "Request timeout expired"));
            }

            if (isDone)
            {
                return;
            }

            if (batch.Count > 0)
            {
                RunBatch(batch);
            }
        }
    }

    private void TakeBatch(List<InferenceWork> batch, List<InferenceWork> expired)
    {
        var now = timeProvider.GetTimestamp();
        var rows = 0L;
        var scanned = 0;
        for (var node = _queue.First; node is not null && scanned < MaxScan; scanned++)
        {
            var next = node.Next;
            var work = node.Value;
            if (!work.IsWaiting)
            {
                _queue.Remove(node);
            }
            else if (batch.Count == 0 || (rows + work.Rows <= Settings.MaxBatchSize && work.CanJoin(batch[0])))
            {
                _queue.Remove(node);
                if (work.TryTake())
                {
                    if (work.ExpiresAt < now)
                    {
                        expired.Add(work);
                    }
                    else
                    {
                        batch.Add(work);
                        rows += work.Rows;
                    }
                }

                if (rows >= Settings.MaxBatchSize)
                {
                    return;
                }
            }

            node = next;
        }
    }

    private void DropCancelled()
    {
        for (var node = _queue.First; node is not null;)
        {
            var next = node.Next;
            if (!node.Value.IsWaiting)
            {
                _queue.Remove(node);
            }

            node = next;
        }
    }

    private void RunBatch(List<InferenceWork> batch)
    {
        var now = timeProvider.GetTimestamp();
        foreach (var work in batch)
        {
            var waited = timeProvider.GetElapsedTime(work.EnqueuedAt, now);
            observer.Queued(waited);
            work.RecordSpan("queue", timeProvider.GetUtcNow() - waited, waited);
        }

        if (batch.Count > 1 && TryRunJoined(batch))
        {
            return;
        }

        foreach (var work in batch)
        {
            try
            {
                var started = timeProvider.GetTimestamp();
                var answer = run(work.Inputs, work.Outputs);
                Observe([work], new RunTimes(TimeSpan.Zero, timeProvider.GetElapsedTime(started), TimeSpan.Zero));
                work.Complete(answer);
            }
            catch (Exception exception)
            {
                work.Fail(exception);
            }
        }
    }

    // False: nobody was answered. One bad request must not fail its company, so each then runs alone.
    private bool TryRunJoined(List<InferenceWork> batch)
    {
        var rows = batch.Sum(work => work.Rows);
        Tensor[][] answers;
        var began = timeProvider.GetTimestamp();
        using var joined = new JoinedInputs(batch, rows);
        try
        {
            var started = timeProvider.GetTimestamp();
            var together = run(joined.Tensors, batch[0].Outputs);
            var ended = timeProvider.GetTimestamp();
            if (!OutputSplitter.TrySplit(together, batch, rows, out answers))
            {
                return false;
            }

            Observe(batch, new RunTimes(timeProvider.GetElapsedTime(began, started), timeProvider.GetElapsedTime(started, ended), timeProvider.GetElapsedTime(ended)));
        }
        catch (InferenceException)
        {
            return false;
        }

        for (var i = 0; i < batch.Count; i++)
        {
            batch[i].Complete(answers[i]);
        }

        return true;
    }

    private void Observe(List<InferenceWork> batch, RunTimes times)
    {
        observer.Ran(batch.Sum(work => work.Rows), batch.Count, times);
        var started = timeProvider.GetUtcNow() - times.Output - times.Compute;
        foreach (var work in batch)
        {
            work.RecordSpan("compute", started, times.Compute);
        }
    }
}
