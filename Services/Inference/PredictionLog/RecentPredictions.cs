using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.Monitoring;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.PredictionLog;

/// <summary>
/// A prediction that was answered lately, by its id: asking again is the same prediction, not a second one. Bounded; filled
/// from the spool at start, so that it holds across a kill as well.
/// </summary>
internal sealed class RecentPredictions
{
    private readonly int _capacity;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<RecentPrediction>> _byId = new(StringComparer.Ordinal);
    private readonly LinkedList<RecentPrediction> _order = [];

    public RecentPredictions(PredictionSpool spool, IOptions<PredictionLogOptions> options)
    {
        _capacity = options.Value.RecentPredictions;
        foreach (var record in spool.ReadRecent())
        {
            Add(new RecentPrediction(record, null));
        }
    }

    public RecentPrediction? Find(string predictionId)
    {
        lock (_lock)
        {
            return _byId.TryGetValue(predictionId, out var node) ? node.Value : null;
        }
    }

    public void Add(RecentPrediction prediction)
    {
        if (_capacity == 0)
        {
            return;
        }

        lock (_lock)
        {
            if (_byId.Remove(prediction.Record.PredictionId, out var known))
            {
                _order.Remove(known);
            }

            _byId[prediction.Record.PredictionId] = _order.AddLast(prediction);
            if (_order.Count > _capacity)
            {
                _byId.Remove(_order.First!.Value.Record.PredictionId);
                _order.RemoveFirst();
            }
        }
    }
}

/// <param name="Answer">As it was given; null when the process was restarted since.</param>
internal sealed record RecentPrediction(PredictionRecord Record, PredictResponse? Answer);
