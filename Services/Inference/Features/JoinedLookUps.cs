using CloudNativeAi.Contracts.Common;

namespace CloudNativeAi.Inference.Features;

/// <summary>
/// The look-ups of a batch's rows, joined into one call for each set of features. The calls are made as soon as every row has
/// asked, has ended, or waits for another prediction; a row that asks later asks alone.
/// </summary>
internal sealed class JoinedLookUps(OnlineFeatures features, int rowCount)
{
    private readonly Lock _lock = new();
    private readonly List<LookUpGroup> _groups = [];
    private int _awaited = rowCount;

    /// <summary>Called once for each row; disposed when the row has its answer.</summary>
    public Row CreateRow() => new(this);

    private Task<FetchedFeatures> JoinAsync(
        IReadOnlyList<string> names, IReadOnlyList<KeyValuePair<string, Value>> keys, long? asOfMicros, DateTime deadline, CancellationToken cancellationToken)
    {
        Task<FetchedFeatures> answer;
        lock (_lock)
        {
            var group = _groups.Find(group => group.IsFor(names, asOfMicros));
            if (group is null)
            {
                group = new LookUpGroup(names, asOfMicros, deadline, cancellationToken);
                _groups.Add(group);
            }

            answer = group.Add(keys);
        }

        Settle();
        return answer;
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
            _ = group.CallAsync(features);
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
}
