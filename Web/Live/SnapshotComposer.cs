using CloudNativeAi.Contracts.Inference;

namespace CloudNativeAi.Web.Live;

/// <summary>Adds to a snapshot what only a memory of earlier ones can tell: rates and history.</summary>
internal sealed class SnapshotComposer(SamplingOptions options)
{
    private readonly RateBook _rates = new(options.RateWindow);
    private readonly Queue<LivePoint> _history = new(options.HistoryPoints);

    public PathSnapshot Compose(PathSnapshot snapshot)
    {
        FeedIngestion(snapshot);
        FeedFeatureStore(snapshot);
        FeedInference(snapshot);
        FeedMonitoring(snapshot);
        snapshot = snapshot with { Rates = SumReplicas(_rates.Read(snapshot.TakenAt), snapshot) };

        if (_history.Count == options.HistoryPoints)
        {
            _history.Dequeue();
        }

        _history.Enqueue(Point(snapshot));
        return snapshot with { History = [.. _history] };
    }

    private void FeedIngestion(PathSnapshot snapshot)
    {
        if (snapshot.Ingestion is not { Value: { } value, ReadAt: { } at })
        {
            return;
        }

        foreach (var source in value.Sources)
        {
            _rates.Add(RateNames.SourceEvents(source.Source.Name), at, source.HeadPosition);
            _rates.Add(RateNames.SourceDeadLetters(source.Source.Name), at, source.DeadLetters);
        }

        _rates.Add(RateNames.Events, at, value.Sources.Sum(source => source.HeadPosition));
        _rates.Add(RateNames.DeadLetters, at, value.Sources.Sum(source => source.DeadLetters));
    }

    private void FeedFeatureStore(PathSnapshot snapshot)
    {
        if (snapshot.FeatureStore is not { Value: { } value, ReadAt: { } at })
        {
            return;
        }

        foreach (var source in value.Sources)
        {
            _rates.Add(RateNames.SourceMaterialized(source.Source), at, source.OnlinePosition);
        }

        _rates.Add(RateNames.Materialized, at, value.Sources.Sum(source => source.OnlinePosition));
    }

    private void FeedInference(PathSnapshot snapshot)
    {
        if (snapshot.Replicas is not { Value: { } replicas, ReadAt: { } at })
        {
            return;
        }

        foreach (var status in replicas.Select(replica => replica.Status).OfType<GetServingStatusResponse>())
        {
            foreach (var model in status.Models)
            {
                _rates.Add(RateNames.Of(status.Replica, RateNames.Served(model.ModelName, model.Version)), at, model.Predictions);
                _rates.Add(RateNames.Of(status.Replica, RateNames.Failed(model.ModelName, model.Version)), at, model.Failures);
            }
        }
    }

    private static Dictionary<string, double> SumReplicas(IReadOnlyDictionary<string, double> rates, PathSnapshot snapshot)
    {
        var summed = new Dictionary<string, double>(rates, StringComparer.Ordinal);
        foreach (var status in (snapshot.Replicas.Value ?? []).Select(replica => replica.Status).OfType<GetServingStatusResponse>())
        {
            foreach (var model in status.Models)
            {
                Add(RateNames.Served(model.ModelName, model.Version), status.Replica);
                if (Add(RateNames.Failed(model.ModelName, model.Version), status.Replica) is { } failures)
                {
                    summed[RateNames.Failures] = summed.GetValueOrDefault(RateNames.Failures) + failures;
                }
            }
        }

        return summed;

        double? Add(string name, string replica)
        {
            if (!rates.TryGetValue(RateNames.Of(replica, name), out var rate))
            {
                return null;
            }

            summed[name] = summed.GetValueOrDefault(name) + rate;
            return rate;
        }
    }

    private void FeedMonitoring(PathSnapshot snapshot)
    {
        if (snapshot.Monitoring is not { Value: { } value, ReadAt: { } at })
        {
            return;
        }

        foreach (var model in value.Models)
        {
            _rates.Add(RateNames.ModelLogged(model.ModelName), at, model.Predictions);
        }

        _rates.Add(RateNames.Logged, at, value.Models.Sum(model => model.Predictions));
    }

    private static LivePoint Point(PathSnapshot snapshot)
    {
        var figures = PathFigures.From(snapshot, modelName: null);

        return new LivePoint(
            snapshot.TakenAt.ToUnixTimeMilliseconds(),
            snapshot.Rate(RateNames.Events),
            snapshot.Rate(RateNames.Materialized),
            figures.PredictionsPerSecond,
            snapshot.Rate(RateNames.Logged),
            figures.LatencyP50Seconds * 1_000,
            figures.LatencyP99Seconds * 1_000);
    }
}
