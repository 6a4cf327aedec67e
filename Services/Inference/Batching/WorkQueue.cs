namespace CloudNativeAi.Inference.Batching;

/// <summary>Requests that wait for an instance, the most urgent first. Used under its owner's lock.</summary>
internal sealed class WorkQueue
{
    private const int MaxScan = 256;

    private readonly LinkedList<InferenceWork> _waiting = [];

    public int Count => _waiting.Count;

    public void Add(InferenceWork work)
    {
        // From the end: as a rule what comes last waits longest.
        var before = _waiting.Last;
        while (before is not null && before.Value.Rank > work.Rank)
        {
            before = before.Previous;
        }

        if (before is null)
        {
            _waiting.AddFirst(work);
        }
        else
        {
            _waiting.AddAfter(before, work);
        }
    }

    /// <summary>Takes the first that waits, and all that may share its run.</summary>
    /// <param name="batch">Gets what is to be run.</param>
    /// <param name="expired">Gets what waited past its time.</param>
    /// <param name="maxRows">Of a run that several share.</param>
    public void Take(List<InferenceWork> batch, List<InferenceWork> expired, long now, long maxRows)
    {
        var rows = 0L;
        var scanned = 0;
        for (var node = _waiting.First; node is not null && scanned < MaxScan && (batch.Count == 0 || rows < maxRows); scanned++)
        {
            var next = node.Next;
            var work = node.Value;
            if (!work.IsWaiting)
            {
                _waiting.Remove(node);
            }
            else if (batch.Count == 0 || (rows + work.Rows <= maxRows && work.CanJoin(batch[0])))
            {
                _waiting.Remove(node);
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
            }

            node = next;
        }
    }

    public void DropCancelled()
    {
        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (!node.Value.IsWaiting)
            {
                _waiting.Remove(node);
            }

            node = next;
        }
    }
}
