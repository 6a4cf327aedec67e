using CloudNativeAi.Inference.Telemetry;

namespace CloudNativeAi.Inference.Batching;

/// <summary>Runs a model once; the values were checked.</summary>
internal delegate Tensor[] RunModel(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<int> outputs);

/// <summary>
/// Greedy dynamic batching of one model. A request that comes alone while an instance is free runs at once, on its own
/// thread. Requests that come together share a run, and so do those that waited for an instance: one that becomes free takes
/// all that fits. There is no delay: waiting for more company loses far more at low load than it wins at high load.
/// </summary>
internal sealed class Batcher(BatcherSettings settings, RunModel run, BatchObserver observer, TimeProvider timeProvider, RunScheduler scheduler) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly WorkQueue _queue = new();
    private readonly int _maxJoinedRows = Math.Min(settings.MaxBatchSize, settings.MaxJoinedRows);
    private readonly long _ageing = (long)(settings.PriorityAgeing.TotalSeconds * timeProvider.TimestampFrequency);
    private int _free = settings.Instances;

    // An instance was taken for what waits, and has not begun.
    private bool _isStarting;

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

    /// <summary>Runs under way.</summary>
    public int BusyInstances
    {
        get
        {
            lock (_gate)
            {
                return Settings.Instances - _free;
            }
        }
    }

    /// <param name="inputs">In the model's order, checked.</param>
    /// <param name="outputs">Indexes of the outputs wanted.</param>
    /// <exception cref="InferenceException">The queue is full, the wait took too long, or the run failed.</exception>
    public ValueTask<Tensor[]> RunAsync(Tensor[] inputs, int[] outputs, long rows, Queueing queueing, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            observer.Rejected(RejectionReason.Cancelled);
            return ValueTask.FromCanceled<Tensor[]>(cancellationToken);
        }

        if (Settings.RunsAtOnce && rows < _maxJoinedRows)
        {
            return Run(inputs, outputs, rows);
        }

        var comesAlone = rows >= _maxJoinedRows || !(queueing.IsFollowed || scheduler.OthersArrive);
        InferenceWork? work = null;
        var starts = false;
        lock (_gate)
        {
            if (comesAlone && _free > 0 && _queue.Count == 0)
            {
                _free--;
            }
            else if (IsFull())
            {
                observer.Rejected(RejectionReason.QueueFull);
                return ValueTask.FromException<Tensor[]>(new InferenceException(
                    InferenceErrorKind.ResourceExhausted, $"Exceeds maximum queue size ({Settings.MaxQueueSize} requests wait for this model)"));
            }
            else
            {
                work = CreateWork(inputs, outputs, rows, queueing);
                _queue.Add(work);
                starts = TakesInstance();
            }
        }

        if (starts)
        {
            scheduler.Start(this);
        }

        return work is null ? RunAlone(inputs, outputs, rows) : Wait(work, cancellationToken);
    }

    private InferenceWork CreateWork(Tensor[] inputs, int[] outputs, long rows, in Queueing queueing)
    {
        var now = timeProvider.GetTimestamp();
        var expiresAt = queueing.Timeout is { } timeout ? now + (long)(timeout.TotalSeconds * timeProvider.TimestampFrequency) : long.MaxValue;
        var level = queueing.Priority >= 1 && queueing.Priority <= Settings.PriorityLevels ? queueing.Priority : Settings.DefaultPriority;
        // A request is overtaken only by those that come within its levels' ageing after it, so none waits for ever.
        return new InferenceWork(inputs, outputs, rows, now, expiresAt, rank: now + (level * _ageing), observer);
    }

    // Under the gate.
    private bool IsFull()
    {
        if (_queue.Count >= Settings.MaxQueueSize)
        {
            _queue.DropCancelled();
        }

        return _queue.Count >= Settings.MaxQueueSize;
    }

    // Under the gate. One that has not begun takes along what comes meanwhile.
    private bool TakesInstance()
    {
        if (_free == 0 || _isStarting)
        {
            return false;
        }

        _free--;
        _isStarting = true;
        return true;
    }

    // Holds an instance.
    private ValueTask<Tensor[]> RunAlone(Tensor[] inputs, int[] outputs, long rows)
    {
        try
        {
            return Run(inputs, outputs, rows);
        }
        finally
        {
            // The caller has its answer; others' requests are not run on its thread.
            bool starts;
            lock (_gate)
            {
                _free++;
                starts = _queue.Count > 0 && TakesInstance();
            }

            if (starts)
            {
                scheduler.Start(this);
            }
        }
    }

    private ValueTask<Tensor[]> Run(Tensor[] inputs, int[] outputs, long rows)
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
    }

    private static ValueTask<Tensor[]> Wait(InferenceWork work, CancellationToken cancellationToken)
    {
        work.CancelOn(cancellationToken);
        return new ValueTask<Tensor[]>(work.Answer);
    }

    // Holds an instance until nothing waits.
    void IThreadPoolWorkItem.Execute()
    {
        var batch = new List<InferenceWork>();
        var expired = new List<InferenceWork>();
        var isFirst = true;
        while (true)
        {
            batch.Clear();
            expired.Clear();
            bool isDone, starts;
            lock (_gate)
            {
                _isStarting &= !isFirst;
                isFirst = false;
                _queue.Take(batch, expired, timeProvider.GetTimestamp(), _maxJoinedRows);
                isDone = batch.Count == 0 && _queue.Count == 0;
                if (isDone)
                {
                    _free++;
                }

                // What did not fit is another instance's, when there is one.
                starts = _queue.Count > 0 && TakesInstance();
            }

            if (starts)
            {
                scheduler.Start(this);
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

    private void RunBatch(List<InferenceWork> batch)
    {
        var now = timeProvider.GetTimestamp();
        foreach (var work in batch)
        {
            var waited = timeProvider.GetElapsedTime(work.EnqueuedAt, now);
            observer.Queued(waited);
            if (work.IsTraced)
            {
                work.RecordSpan("queue", timeProvider.GetUtcNow() - waited, waited);
            }
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
        foreach (var work in batch)
        {
            if (work.IsTraced)
            {
                work.RecordSpan("compute", timeProvider.GetUtcNow() - times.Output - times.Compute, times.Compute);
            }
        }
    }
}
