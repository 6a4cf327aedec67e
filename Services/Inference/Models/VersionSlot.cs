namespace CloudNativeAi.Inference.Models;

/// <summary>A version's place in the pool, whether it is in memory or not: what an alias points to while the version is unloaded and loaded again.</summary>
internal sealed class VersionSlot(string modelName, int version)
{
    private LoadedModel? _loaded;

    public string ModelName { get; } = modelName;

    public int Version { get; } = version;

    /// <summary>Null while it is not in memory. Set under the pool's lock, read without.</summary>
    public LoadedModel? Loaded
    {
        get => Volatile.Read(ref _loaded);
        set => Volatile.Write(ref _loaded, value);
    }

    /// <summary>The load under way; used under the pool's lock.</summary>
    public Task? Loading { get; set; }

    /// <summary>Who asked for it and has no lease yet; used under the pool's lock.</summary>
    public int Waiting { get; set; }
}
