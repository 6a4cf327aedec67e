using System.Text.Json;

namespace CloudNativeAi.Inference.Models;

/// <summary>What the cache holds and what was served last: enough to serve again without the registry.</summary>
internal sealed record CacheManifest(IReadOnlyList<ManifestVersion> Versions, IReadOnlyList<ManifestModel> Models)
{
    public static readonly CacheManifest Empty = new([], []);

    public static byte[] Write(CacheManifest manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest, JsonSerializerOptions.Web);

    /// <exception cref="JsonException">Not a manifest.</exception>
    public static CacheManifest Read(byte[] json) => JsonSerializer.Deserialize<CacheManifest>(json, JsonSerializerOptions.Web) ?? Empty;
}

internal sealed record ManifestVersion(string ModelName, int Version, string Digest, IReadOnlyList<ManifestFile> Files, long LastUsedMicros);

internal sealed record ManifestFile(string Path, long Size, string Sha256);

/// <param name="Aliases">As served, not as wished: alias to version.</param>
internal sealed record ManifestModel(string Name, IReadOnlyDictionary<string, int> Aliases, double ChallengerShare, bool ShadowChallenger, int LatestVersion);
