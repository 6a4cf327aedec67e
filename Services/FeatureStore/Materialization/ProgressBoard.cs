using System.Collections.Concurrent;

namespace CloudNativeAi.FeatureStore.Materialization;

/// <summary>Progress as this process knows it, and a way to wait for more without asking again and again.</summary>
internal sealed class ProgressBoard
{
    private readonly ConcurrentDictionary<string, SourceState> _sources = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, long> _builds = new();
    private readonly ConcurrentDictionary<string, long> _wanted = new(StringComparer.Ordinal);
    private volatile TaskCompletionSource _change = NewChange();

    /// <summary>True while this replica leads: then nobody knows better.</summary>
    public bool IsWrittenHere { get; set; }

    public IEnumerable<SourceState> Sources => _sources.Values;

    /// <summary>Completes at the next change. Take it before looking.</summary>
    public Task NextChange => _change.Task;

    public SourceState? Find(string source) => _sources.GetValueOrDefault(source);

    /// <summary>Position up to which a build is applied, or what the database said when nothing newer is known.</summary>
    public long PositionOf(ViewMaterialization build) => _builds.TryGetValue(build.Generation, out var position) ? position : build.Position;

    public void Set(SourceState source, IEnumerable<(long Generation, long Position)> builds)
    {
        foreach (var (generation, position) in builds)
        {
            _builds[generation] = position;
        }

        _sources[source.Source] = source;
        Interlocked.Exchange(ref _change, NewChange()).TrySetResult();
    }

    /// <summary>Somebody waits until the offline store has the source up to a position.</summary>
    public void WantOffline(string source, long position) => _wanted.AddOrUpdate(source, position, (_, before) => Math.Max(before, position));

    /// <summary>True when what they wait for has been read but not committed.</summary>
    public bool IsOfflineWanted(string source, long committed, long read) =>
        _wanted.TryGetValue(source, out var wanted) && wanted > committed && wanted <= read;

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
