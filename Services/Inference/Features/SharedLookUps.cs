using System.Runtime.CompilerServices;
using CloudNativeAi.Contracts.Common;

namespace CloudNativeAi.Inference.Features;

/// <summary>
/// Look-ups of requests that come one by one. One that finds a call free is made at once. While calls are under way those of
/// the same features gather, and are one call when the next one ends: as with runs of a model, nothing waits for company.
/// </summary>
internal sealed class SharedLookUps(OnlineFeatures features) : FeatureLookUp
{
    private const int MaxConcurrentCalls = 2;
    private const int MaxRows = 256;

    // The names of a version are one list, for as long as it is served.
    private readonly ConditionalWeakTable<IReadOnlyList<string>, Lane> _lanes = [];

    public override Task<FetchedFeatures> GetAsync(
        IReadOnlyList<string> names, IReadOnlyList<KeyValuePair<string, Value>> keys, long? asOfMicros, DateTime deadline, CancellationToken cancellationToken) =>
        asOfMicros is null
            ? _lanes.GetValue(names, names => new Lane(names, features)).GetAsync(keys, cancellationToken)
            : features.GetAsync(names, keys, asOfMicros, deadline, cancellationToken);

    private sealed class Lane(IReadOnlyList<string> names, OnlineFeatures features)
    {
        private readonly Lock _lock = new();
        private readonly Queue<LookUpGroup> _gathered = [];
        private LookUpGroup? _open;
        private int _underWay;

        public Task<FetchedFeatures> GetAsync(IReadOnlyList<KeyValuePair<string, Value>> keys, CancellationToken cancellationToken)
        {
            LookUpGroup? starting = null;
            Task<FetchedFeatures> answer;
            lock (_lock)
            {
                if (_underWay < MaxConcurrentCalls)
                {
                    _underWay++;
                    starting = CreateGroup();
                    answer = starting.Add(keys);
                }
                else
                {
                    if (_open is null or { Count: >= MaxRows })
                    {
                        _open = CreateGroup();
                        _gathered.Enqueue(_open);
                    }

                    answer = _open.Add(keys);
                }
            }

            if (starting is not null)
            {
                _ = CallAsync(starting);
            }

            return answer.WaitAsync(cancellationToken);
        }

        // Whoever gives up waiting does not end the call for the others; the feature store's own time limit does.
        private LookUpGroup CreateGroup() => new(names, asOfMicros: null, DateTime.MaxValue, CancellationToken.None);

        private async Task CallAsync(LookUpGroup? group)
        {
            while (group is not null)
            {
                await group.CallAsync(features);
                lock (_lock)
                {
                    if (!_gathered.TryDequeue(out group))
                    {
                        _underWay--;
                    }
                    else if (group == _open)
                    {
                        _open = null;
                    }
                }
            }
        }
    }
}
