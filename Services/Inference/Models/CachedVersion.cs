namespace CloudNativeAi.Inference.Models;

/// <summary>A version whose files are on this machine and were verified.</summary>
/// <param name="Directory">Holds the files under their own paths.</param>
/// <param name="Bytes">Size of all its files.</param>
internal sealed record CachedVersion(string ModelName, int Version, string Digest, string Directory, long Bytes);
