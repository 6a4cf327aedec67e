namespace CloudNativeAi.Inference.Models;

/// <summary>Where the pool's versions come from.</summary>
/// <param name="FetchAsync">The version's files on this machine, verified.</param>
/// <param name="Load">Makes a served version of the files.</param>
/// <param name="Trim">Lets go of files beyond those of the digests in use.</param>
internal sealed record VersionSource(
    Func<string, int, CancellationToken, Task<CachedVersion>> FetchAsync, Func<CachedVersion, LoadedModel> Load, Action<IReadOnlySet<string>> Trim);
