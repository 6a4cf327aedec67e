namespace CloudNativeAi.Web.Live;

/// <summary>Rates by name. Names that are no longer fed are forgotten, so a source that was removed costs nothing.</summary>
internal sealed class RateBook(TimeSpan window)
{
    private readonly Dictionary<string, (TotalRate Rate, DateTimeOffset FedAt)> _rates = new(StringComparer.Ordinal);

    public void Add(string name, DateTimeOffset at, long total)
    {
        var rate = _rates.TryGetValue(name, out var known) ? known.Rate : new TotalRate(window);
        rate.Add(at, total);
        _rates[name] = (rate, at);
    }

    public IReadOnlyDictionary<string, double> Read(DateTimeOffset now)
    {
        foreach (var stale in _rates.Where(rate => now - rate.Value.FedAt > window).Select(rate => rate.Key).ToList())
        {
            _rates.Remove(stale);
        }

        var rates = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, (rate, _)) in _rates)
        {
            rate.Forget(now);
            if (rate.PerSecond is { } perSecond)
            {
                rates[name] = perSecond;
            }
        }

        return rates;
    }
}
