namespace CloudNativeAi.Inference.Models;

/// <summary>Where the pool's versions come from.</summary>
/// <param name="FetchAsync">The version's files on this machine, verified.</param>
/// <param name="Load">Makes a served version of the files.</param>
/// <param name="LoadEnsembleAsync">Makes one of an ensemble's, once its steps are served; it holds next to no memory of its own.</param>
/// <param name="Trim">Lets go of files beyond those of the digests in use.</param>
internal sealed record VersionSource(
    Func<string, int, CancellationToken, Task<CachedVersion>> FetchAsync,
    Func<CachedVersion, LoadedModel> Load,
    Func<CachedVersion, CancellationToken, Task<LoadedModel>> LoadEnsembleAsync,
    Action<IReadOnlySet<string>> Trim);
