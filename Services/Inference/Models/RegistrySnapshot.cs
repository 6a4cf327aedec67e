using System.Text.Json;
using CloudNativeAi.Contracts.ModelRegistry;

namespace CloudNativeAi.Inference.Models;

/// <summary>What the registry last said, on disk, so that a restart while the registry is down serves the same versions.</summary>
internal sealed record RegistrySnapshot(IReadOnlyList<RegistrySnapshot.Model> Models)
{
    public static async Task<RegistrySnapshot> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            return new RegistrySnapshot([]);
        }

        await using var file = File.OpenRead(path);
        return await JsonSerializer.DeserializeAsync<RegistrySnapshot>(file, cancellationToken: cancellationToken) ?? new RegistrySnapshot([]);
    }

    public async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        var part = $"{path}.part";
        await using (var file = File.Create(part))
        {
            await JsonSerializer.SerializeAsync(file, this, cancellationToken: cancellationToken);
            file.Flush(flushToDisk: true);
        }

        File.Move(part, path, overwrite: true);
    }

    /// <param name="Versions">Alias to version and digest.</param>
    public sealed record Model(string Name, IReadOnlyDictionary<string, Aliased> Versions, double ChallengerShare, bool ShadowChallenger)
    {
        public ModelState ToState()
        {
            var state = new ModelState
            {
                ModelName = Name,
                Traffic = new TrafficPolicy { ChallengerShare = ChallengerShare, ShadowChallenger = ShadowChallenger },
            };
            foreach (var (alias, aliased) in Versions)
            {
                state.Aliases[alias] = aliased.Version;
            }

            return state;
        }
    }

    public sealed record Aliased(int Version, string Digest);
}
