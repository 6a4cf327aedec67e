using System.Text.Json;

namespace CloudNativeAi.Flights.Replay;

/// <summary>How far the replay is, kept in a file so that a second start goes on where the first ended.</summary>
/// <param name="ReplayedUntil">Every event, prediction and label up to this instant was sent, microseconds since the epoch.</param>
internal sealed record ReplayState(long ReplayedUntil, long Events, long Predictions, long Labels)
{
    public static async Task<ReplayState?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        await using var file = File.OpenRead(path);
        return await JsonSerializer.DeserializeAsync<ReplayState>(file, cancellationToken: cancellationToken);
    }

    public async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        await using (var file = File.Create($"{path}.part"))
        {
            await JsonSerializer.SerializeAsync(file, this, cancellationToken: cancellationToken);
        }

        File.Move($"{path}.part", path, overwrite: true);
    }
}
