using CloudNativeAi.Contracts.Common;

namespace CloudNativeAi.Inference.Features;

/// <summary>
/// The look-ups of a batch's rows, joined into one call for each set of features. The calls are made as soon as every row has
/// asked, has ended, or waits for another prediction; a row that asks later asks alone.
/// </summary>
internal sealed class JoinedLookUps(OnlineFeatures features, int rowCount)
{
    private readonly Lock _lock = new();
    private readonly List<Group> _groups = [];
    private int _awaited = rowCount;

    /// <summary>Called once for each row; disposed when the row has its answer.</summary>
    public Row CreateRow() => new(this);

    private Task<FetchedFeatures> JoinAsync(
        IReadOnlyList<string> names, IReadOnlyList<KeyValuePair<string, Value>> keys, long? asOfMicros, DateTime deadline, CancellationToken cancellationToken)
    {
        var waiting = new TaskCompletionSource<FetchedFeatures>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            var group = _groups.Find(group => group.Names == names && group.AsOfMicros == asOfMicros);
            if (group is null)
            {
                group = new Group(names, asOfMicros, deadline, cancellationToken);
                _groups.Add(group);
            }

            group.Rows.Add(keys);
            group.Waiting.Add(waiting);
        }

        Settle();
        return waiting.Task;
    }

    private void Settle()
    {
        lock (_lock)
        {
            if (--_awaited > 0)
            {
                return;
            }
        }

        // Nobody joins any more: the last row was the last that could.
        foreach (var group in _groups)
        {
            _ = CallAsync(group);
        }
    }

    private async Task CallAsync(Group group)
    {
        try
        {
            var fetched = await features.GetAsync(group.Names, group.Rows, group.AsOfMicros, group.Deadline, group.CancellationToken);
            for (var i = 0; i < fetched.Count; i++)
            {
                group.Waiting[i].SetResult(fetched[i]);
            }
        }
        catch (InferenceException exception) when (exception.Kind == InferenceErrorKind.InvalidArgument && group.Rows.Count > 1)
        {
            // One row's keys are refused, and the others must not be refused with it.
            await Task.WhenAll(group.Rows.Select((keys, i) => CallAsync(group.Only(keys, group.Waiting[i]))));
        }
        catch (Exception exception)
        {
            group.Waiting.ForEach(waiting => waiting.SetException(exception));
        }
    }

    /// <summary>One row's part.</summary>
    internal sealed class Row(JoinedLookUps batch) : FeatureLookUp, IDisposable
    {
        private bool _isSettled;

        public override Task<FetchedFeatures> GetAsync(
            IReadOnlyList<string> names, IReadOnlyList<KeyValuePair<string, Value>> keys, long? asOfMicros, DateTime deadline, CancellationToken cancellationToken)
        {
            if (_isSettled)
            {
                return batch.AskAloneAsync(names, keys, asOfMicros, deadline, cancellationToken);
            }

            _isSettled = true;
            return batch.JoinAsync(names, keys, asOfMicros, deadline, cancellationToken);
        }

        public override void StepAside()
        {
            if (!_isSettled)
            {
                _isSettled = true;
                batch.Settle();
            }
        }

        public void Dispose() => StepAside();
    }

    private Task<FetchedFeatures> AskAloneAsync(
        IReadOnlyList<string> names, IReadOnlyList<KeyValuePair<string, Value>> keys, long? asOfMicros, DateTime deadline, CancellationToken cancellationToken) =>
        features.GetAsync(names, keys, asOfMicros, deadline, cancellationToken);

    private sealed class Group(IReadOnlyList<string> names, long? asOfMicros, DateTime deadline, CancellationToken cancellationToken)
    {
        public IReadOnlyList<string> Names { get; } = names;

        public long? AsOfMicros { get; } = asOfMicros;

        public DateTime Deadline { get; } = deadline;

        public CancellationToken CancellationToken { get; } = cancellationToken;

        public List<IReadOnlyList<KeyValuePair<string, Value>>> Rows { get; } = [];

        public List<TaskCompletionSource<FetchedFeatures>> Waiting { get; } = [];

        public Group Only(IReadOnlyList<KeyValuePair<string, Value>> keys, TaskCompletionSource<FetchedFeatures> waiting) =>
            new(Names, AsOfMicros, Deadline, CancellationToken) { Rows = { keys }, Waiting = { waiting } };
    }
}
